/* One order on the free minutes: how many lots, how large, and a route for each. */
#include <string.h>

#include "search.h"

static const double STRAINS[] = {0.0, 0.3, 1.0, 4.0};
enum { STRAIN_COUNT = 4, GRID = 20 };
#define CAP_SLACK 1e-9   /* relative; the exact check has the last word */
#define FILL_FIRST (-1.0) /* a share that means: as many pieces as fit */

i64 slot_width(const Columns *c) { return SLOT_MINUTES + c->block; }

static i64 *lot_slot(const Columns *c, const Workspace *w, i64 *lots, i64 lot, i64 k) {
    return lots + (lot * w->loaded[LOADED_STEPS] + k) * slot_width(c);
}

typedef struct {
    double profit, paid, scarce;
} Worth;

/* Add what a leg costs to the price paid and to the carbon. */
static void pay_leg(const Columns *c, i64 order, i64 km, double share, double *paid,
                    double *carbon) {
    *paid += c->leg_fixed + order_money(c, order, LEG_PRICE) * (double)km * share;
    *carbon += order_money(c, order, LEG_CARBON) * (double)km * share;
}

/* Profit, price paid and charge for scarce minutes of the lots in the workspace. */
static Worth lots_worth(const Columns *c, const Workspace *w, i64 lots) {
    i64 order = w->loaded[LOADED_ORDER], steps = w->loaded[LOADED_STEPS], arrival = 0;
    double paid = 0.0, carbon = 0.0, scarce = 0.0;
    for (i64 lot = 0; lot < lots; lot++) {
        i64 quantity = w->quantities[lot], park = -1, end = 0;
        double share = (double)quantity / (double)order_number(c, order, QUANTITY);
        for (i64 k = 0; k < steps; k++) {
            const i64 *slot = lot_slot(c, w, w->lots, lot, k);
            i64 e = slot[SLOT_ENTRY], start = slot[SLOT_START];
            double minutes = (double)lot_minutes(c, w, e, quantity);
            paid += w->rate[e] * minutes + w->quote[e] * share;
            carbon += w->carbon[e] * minutes;
            for (i64 at = 0; at < c->block; at++)
                if (slot[SLOT_MINUTES + at] > 0) {
                    end = start + at;
                    scarce += (double)slot[SLOT_MINUTES + at] * w->price[e * c->weeks + end];
                }
            if (k > 0 && w->park[e] != park)
                pay_leg(c, order, between_parks(c, park, w->park[e], KM), share, &paid, &carbon);
            park = w->park[e];
        }
        pay_leg(c, order, way_to_buyer(c, order, park, KM), share, &paid, &carbon);
        arrival = most(arrival, end + way_to_buyer(c, order, park, LAG));
    }
    double tardy = (double)most(0, arrival - order_number(c, order, DUE));
    double profit = order_money(c, order, VALUE) - paid - carbon -
                    tardy * order_money(c, order, TARDY_COST);
    return (Worth){profit, paid, scarce};
}

static i64 arrival_of(const Columns *c, const Workspace *w, i64 lot) {
    const i64 *slot = lot_slot(c, w, w->lots, lot, w->loaded[LOADED_STEPS] - 1);
    i64 end = 0;
    for (i64 at = 0; at < c->block; at++)
        if (slot[SLOT_MINUTES + at] > 0) end = slot[SLOT_START] + at;
    return end + way_to_buyer(c, w->loaded[LOADED_ORDER], w->park[slot[SLOT_ENTRY]], LAG);
}

/* The most pieces, up to `upto`, that one lot can have; 0 when not even one fits. */
static i64 largest_fit(const Columns *c, Workspace *w, i64 upto) {
    if (route_fits(c, w, upto)) return upto;
    i64 low = 0, high = upto;
    while (high - low > most(1, upto / 64)) {
        i64 middle = (low + high) / 2;
        if (route_fits(c, w, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Place at most `lots` lots one after the other; return how many, 0 when they do not fit.
 *
 * `share` is what the first lot takes, `second` what each of the others but the last takes of
 * what is left; FILL_FIRST takes what fits. */
static i64 put_lots(const Columns *c, Workspace *w, double share, double second, i64 lots,
                    double strain, double cutoff) {
    i64 order = w->loaded[LOADED_ORDER], steps = w->loaded[LOADED_STEPS], tardy_paid = 0;
    i64 left = order_number(c, order, QUANTITY);
    for (i64 lot = 0; lot < lots; lot++, share = second) {
        i64 quantity = left;
        if (lot < lots - 1)
            quantity = share == FILL_FIRST
                           ? largest_fit(c, w, left)
                           : least(left, most(1, (i64)(share * (double)left + 0.5)));
        if (quantity < 1 || !place_lot(c, w, quantity, strain, tardy_paid, cutoff))
            return 0;
        for (i64 k = 0; k < steps; k++) {
            i64 *slot = lot_slot(c, w, w->lots, lot, k);
            slot[SLOT_ENTRY] = w->pick[k * PICK_WIDTH + PICK_ENTRY];
            slot[SLOT_START] = w->pick[k * PICK_WIDTH + PICK_START];
            memcpy(slot + SLOT_MINUTES, w->minutes + k * c->block, (size_t)c->block * sizeof(i64));
        }
        w->quantities[lot] = quantity;
        left -= quantity;
        if (left == 0) return lot + 1;
        tardy_paid = most(tardy_paid, arrival_of(c, w, lot) - order_number(c, order, DUE));
    }
    return 0;
}

typedef struct {
    double record;
    i64 lots; /* of the record, 0 none */
} Best;

/* Try one way to split; keep it in the workspace when it beats the record. */
static void try_split(const Columns *c, Workspace *w, double share, double second, i64 lots,
                      double cutoff, Best *best) {
    size_t room = (size_t)(w->loaded[LOADED_ENTRIES] * c->weeks) * sizeof(i64);
    size_t slots = (size_t)(w->loaded[LOADED_STEPS] * slot_width(c)) * sizeof(i64);
    double cap = order_money(c, w->loaded[LOADED_ORDER], PRICE_CAP) * (1 + CAP_SLACK);
    memcpy(w->room_whole, w->room, room);
    for (int at = 0; at < STRAIN_COUNT; at++) {
        i64 count = put_lots(c, w, share, second, lots, STRAINS[at], at == 0 ? cutoff : INF);
        memcpy(w->room, w->room_whole, room);
        if (count == 0) return;
        Worth worth = lots_worth(c, w, count);
        if (worth.paid > cap) continue;
        if (worth.profit > 0 && worth.profit - worth.scarce > best->record) {
            best->record = worth.profit - worth.scarce;
            best->lots = count;
            memcpy(w->lots_best, w->lots, (size_t)count * slots);
            memcpy(w->quantities_best, w->quantities, (size_t)count * sizeof(i64));
            w->worth[0] = worth.profit;
            w->worth[1] = best->record;
        }
        return;
    }
}

/* Find the best lots of the loaded order on the minutes in the workspace.
 *
 * QUICK tries one lot, and what fits first when that fails; a greater effort as many random splits
 * beside; THOROUGH a grid of splits too. One lot that costs `cutoff` or more, scarce minutes included, is not
 * wanted. Returns the number of lots, 0 when none is worth it. They are in `lots_best`, the profit
 * is in `worth`. */
i64 plan_order(const Columns *c, Workspace *w, int effort, double cutoff, Random *random) {
    for (i64 k = 0; k < w->loaded[LOADED_STEPS]; k++)
        if (w->first[k] == w->first[k + 1]) return 0;
    Best best = {-INF, 0};
    try_split(c, w, 1.0, 1.0, 1, cutoff, &best);
    i64 lots = least(order_number(c, w->loaded[LOADED_ORDER], MAX_LOTS), c->lots_max);
    if (lots == 1 || (effort == QUICK && best.lots > 0)) return best.lots;
    if (best.lots == 0 || effort >= THOROUGH)
        try_split(c, w, FILL_FIRST, FILL_FIRST, lots, INF, &best);
    for (int at = 0; at < effort; at++) {
        double share = 0.05 + 0.9 * uniform(random), second = 0.1 + 0.8 * uniform(random);
        if (uniform(random) >= 0.7) second = FILL_FIRST;
        try_split(c, w, share, second, lots, INF, &best);
    }
    for (i64 count = 2; effort >= THOROUGH && count <= lots; count++) {
        double second = 1.0 / (double)(count - 1);
        for (i64 step = 1; step < GRID; step++)
            try_split(c, w, (double)step / GRID, second, count, INF, &best);
        try_split(c, w, 1.0 / (double)count, second, count, INF, &best);
    }
    return best.lots;
}
