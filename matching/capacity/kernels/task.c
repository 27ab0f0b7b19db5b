/* The order that is bounded: its entries, the weeks they can work in, what they charge. */
#include "bounding.h"

static void load_entry(Task *t, i64 row, i64 entry, Entry *one) {
    const Columns *c = t->c;
    i64 offer = c->entries[entry], quote = quote_of(c, entry);
    i64 e = one - t->r->entries, last = t->r->lead_of[offer];
    *one = (Entry){
        .offer = offer,
        .park = offer_number(c, offer, PARK),
        .min_lot = offer_number(c, offer, MIN_LOT),
        .setup = entry_setup(c, entry),
        .total = entry_total(c, row, entry),
        .quoted = quote >= 0,
        .rate = quote < 0 ? t->g->offers[offer * G_OFFER_WIDTH + G_RATE] : 0,
        .carbon = t->g->offers[offer * G_OFFER_WIDTH + G_CARBON],
        .quote = quote < 0 ? 0 : t->g->quotes[quote],
        .lead = last < 0 ? e : t->r->entries[last].lead,
        .next = -1,
    };
    if (last >= 0) t->r->entries[last].next = e;
    t->r->lead_of[offer] = e;
}

/* Take the local bonus off. It never pays more than the work costs; on a quotation that is the
 * price over the most minutes that it can pay for, and what the carbon does not cover is granted to
 * each lot beforehand. */
static void take_bonus(const Task *t, Entry *one) {
    if (t->g->bonus == 0 || one->park != order_number(t->c, t->order, NEAREST)) return;
    i64 bonus = least(t->g->bonus, one->carbon + one->rate);
    if (one->quoted) {
        i64 lots = order_number(t->c, t->order, MAX_LOTS);
        i64 minutes = lots * (one->setup + 1) - 1 + one->total;
        one->granted = least(t->g->bonus - bonus, one->quote / minutes + 1);
    }
    one->carbon -= bonus;
}

static void load_rows(Task *t) {
    const Columns *c = t->c;
    i64 e = 0, groups = 0;
    for (i64 k = 0; k < t->steps; k++) {
        i64 row = c->steps[t->order] + k;
        Row *now = &t->r->rows[k];
        *now = (Row){.first = e, .first_group = groups, .total = c->work[row]};
        for (i64 entry = c->rows[row]; entry < c->rows[row + 1]; entry++, e++) {
            Entry *one = &t->r->entries[e];
            load_entry(t, row, entry, one);
            take_bonus(t, one);
            t->min_lot_most = most(t->min_lot_most, one->min_lot);
            if (e == now->first || one->park != one[-1].park)
                t->r->groups[groups++] = (Group){.park = one->park, .first = e};
            t->r->groups[groups - 1].end = e + 1;
        }
        now->end = e;
        now->end_group = groups;
    }
    t->entries = e;
}

/* Write the first week in which each entry can work: transport takes time before. */
static void find_early(Task *t, i64 *early) {
    const Relaxed *r = t->r;
    for (i64 k = 0; k < t->steps; k++) {
        const Row *row = &r->rows[k];
        for (i64 at = row->first_group; at < row->end_group; at++) {
            early[at] = k ? NEVER : order_number(t->c, t->order, RELEASE);
            for (i64 from = k ? row[-1].first_group : at; from < row->first_group; from++) {
                i64 lag = between_parks(t->c, r->groups[from].park, r->groups[at].park, LAG);
                early[at] = least(early[at], early[from] + lag);
            }
            for (i64 e = r->groups[at].first; e < r->groups[at].end; e++)
                r->entries[e].early = early[at];
        }
    }
}

/* Write the last week in which each entry can work: transport takes time afterwards. */
static void find_late(Task *t, i64 *late) {
    const Relaxed *r = t->r;
    i64 latest = order_number(t->c, t->order, LATEST);
    for (i64 k = t->steps - 1; k >= 0; k--) {
        const Row *row = &r->rows[k];
        i64 end = k < t->steps - 1 ? row[1].end_group : row->end_group;
        for (i64 at = row->first_group; at < row->end_group; at++) {
            i64 park = r->groups[at].park;
            late[at] = k < t->steps - 1 ? -1 : latest - way_to_buyer(t->c, t->order, park, LAG);
            for (i64 to = row->end_group; to < end; to++) {
                i64 lag = between_parks(t->c, park, r->groups[to].park, LAG);
                late[at] = most(late[at], late[to] - lag);
            }
            for (i64 e = r->groups[at].first; e < r->groups[at].end; e++)
                r->entries[e].late = least(late[at], t->weeks - 1);
        }
    }
}

/* Minutes and prices of every entry and week. */
static void load_weeks(Task *t, const i64 *prices) {
    i64 weeks = t->weeks, unit = t->g->price_unit;
    for (i64 e = 0; e < t->entries; e++) {
        Entry *one = &t->r->entries[e];
        const i64 *idle = t->c->idle + one->offer * weeks, *asked = prices + one->offer * weeks;
        i64 *room = t->r->room + e * weeks, *price = t->r->price + e * weeks;
        i64 *market = t->r->market + e * weeks;
        one->cheapest = NEVER;
        for (i64 week = 0; week < weeks; week++) {
            room[week] = week >= one->early && week <= one->late ? idle[week] : 0;
            market[week] = price[week] = asked[week] * unit;
            if (room[week] > 0) one->cheapest = least(one->cheapest, price[week]);
        }
    }
    for (i64 lot = 0; lot < LOTS; lot++) {
        t->room[lot] = t->r->room;
        t->copied[lot] = false;
        t->limited[lot] = 0;
    }
}

static void start_ready(Task *t) {
    const Row *row = t->r->rows;
    for (i64 at = row->first_group; at < row->end_group; at++) {
        i64 *ready = t->r->ready + t->r->groups[at].park * t->weeks;
        for (i64 week = 0; week < t->weeks; week++)
            ready[week] = week < order_number(t->c, t->order, RELEASE) ? NEVER : 0;
    }
}

/* Whether the offers of operation `inner` are all among those of operation `outer`. */
static bool lies_within(const Task *t, const Row *outer, const Row *inner) {
    const Entry *all = t->r->entries;
    i64 at = outer->first;
    for (i64 e = inner->first; e < inner->end; e++) {
        /* both are sorted by park and offer */
        while (at < outer->end && (all[at].park < all[e].park || (all[at].park == all[e].park &&
                                                                  all[at].offer < all[e].offer)))
            at++;
        if (at == outer->end || all[at].offer != all[e].offer) return false;
    }
    return true;
}

void load_task(Task *t, i64 order, const i64 *prices) {
    const Columns *c = t->c;
    t->order = order;
    t->steps = c->steps[order + 1] - c->steps[order];
    t->weeks = c->weeks;
    t->whole = order_number(c, order, QUANTITY);
    i64 due = order_number(c, order, DUE);
    i64 arrival = least(order_number(c, order, LATEST), c->weeks + 1);
    t->levels = most(0, arrival - due) + 1;
    t->touched = t->uses = t->uses_best = t->taken = 0;
    t->slack = t->min_lot_most = t->known = 0;
    load_rows(t);
    find_early(t, t->r->touched); /* as scratch: it is large enough, and empty now */
    find_late(t, t->r->touched);
    load_weeks(t, prices);
    start_ready(t);
    for (i64 outer = 0; outer < t->steps; outer++)
        for (i64 inner = 0; inner < t->steps; inner++)
            t->r->within[outer * t->steps + inner] =
                lies_within(t, &t->r->rows[outer], &t->r->rows[inner]);
}

/* Leave clean what is kept clean between orders. */
void unload_task(Task *t) {
    end_limits(t);
    forget_uses(t);
    forget_own(t);
    for (i64 e = 0; e < t->entries; e++) t->r->lead_of[t->r->entries[e].offer] = -1;
}

/* The minutes that an operation needs at least with all operations whose offers lie within its. */
static i64 least_need(const Task *t, i64 outer) {
    i64 need = 0;
    for (i64 inner = 0; inner < t->steps; inner++) {
        if (!t->r->within[outer * t->steps + inner]) continue;
        i64 setup = NEVER;
        for (i64 e = t->r->rows[inner].first; e < t->r->rows[inner].end; e++)
            setup = least(setup, t->r->entries[e].setup);
        need += t->r->rows[inner].total_least + t->lots * setup;
    }
    return need;
}

/* What the bonus on quotations takes off each lot at most: a setup and a minute of rounding. */
static i64 granted_most(const Task *t) {
    i64 sum = 0;
    for (i64 k = 0; k < t->steps && t->g->bonus > 0; k++) {
        i64 granted = 0;
        for (i64 e = t->r->rows[k].first; e < t->r->rows[k].end; e++) {
            const Entry *one = &t->r->entries[e];
            granted = most(granted, one->granted * (one->setup + 1));
        }
        sum += granted;
    }
    return sum;
}

/* Begin with a number of lots: no multipliers, no cases. */
void start_lots(Task *t, i64 lots) {
    t->lots = lots;
    t->granted = lots * granted_most(t);
    end_limits(t);
    forget_uses(t);
    t->r->duals[NO_DUALS] = (Duals){0};
    t->duals = 1;
    t->loaded = t->strain = -1;
    load_duals(t, NO_DUALS);
    for (i64 k = 0; k < t->steps; k++) t->r->rows[k].need = least_need(t, k);
}

/* Set what an operation costs at least, from what its entries charge. */
static void charge_row(const Task *t, Row *row) {
    row->total_least = row->per_minute = row->per_order = row->share = NEVER;
    row->per_minute_most = 0;
    row->quoted = false;
    for (i64 e = row->first; e < row->end; e++) {
        const Entry *one = &t->r->entries[e];
        row->total_least = least(row->total_least, one->total);
        row->per_minute = least(row->per_minute, one->per_minute);
        row->per_order = least(row->per_order, one->per_order);
        row->per_minute_most = most(row->per_minute_most, one->per_minute);
        row->quoted = row->quoted || one->per_order > 0;
        row->share = least(row->share, one->per_minute * one->total + one->per_order);
    }
}

/* Charge the order under a strain: money paid counts 1 + strain times. */
void set_strain(Task *t, i64 strain) {
    const i64 *money = t->g->orders + t->order * G_ORDER_WIDTH;
    i64 more = STRAIN_ONE + strain;
    t->strain = strain;
    t->tardy = money[G_TARDY];
    t->leg_fixed = t->g->leg_fixed * more / STRAIN_ONE;
    t->leg_km = money[G_LEG_PRICE] * more / STRAIN_ONE + money[G_LEG_CARBON];
    for (i64 k = 0; k < t->steps; k++) {
        Row *row = &t->r->rows[k];
        for (i64 e = row->first; e < row->end; e++) {
            Entry *one = &t->r->entries[e];
            one->per_minute = one->rate * more / STRAIN_ONE + one->carbon;
            one->per_order =
                most(0, one->quote * more / STRAIN_ONE - one->granted * one->total);
        }
        charge_row(t, row);
    }
    forget_spare(t);
}

/* Charge the order what the buyer pays, and nothing else. */
void set_price_alone(Task *t) {
    t->strain = t->loaded = -1;
    t->worth = t->tardy = 0;
    t->leg_fixed = t->g->leg_fixed;
    t->leg_km = t->g->orders[t->order * G_ORDER_WIDTH + G_LEG_PRICE];
    for (i64 e = 0; e < t->entries; e++) {
        t->r->entries[e].per_minute = t->r->entries[e].rate;
        t->r->entries[e].per_order = t->r->entries[e].quote;
    }
    for (i64 k = 0; k < t->steps; k++) charge_row(t, &t->r->rows[k]);
    forget_spare(t);
}

/* What is to be taken off again: own prices x idle minutes, strain x cap, what was granted. */
void update_worth(Task *t) {
    i64 cap = t->g->orders[t->order * G_ORDER_WIDTH + G_CAP];
    t->worth = t->granted + (cap * t->strain + STRAIN_ONE - 1) / STRAIN_ONE;
    for (i64 at = 0; at < t->touched; at++) {
        i64 cell = t->r->touched[at];
        i64 offer = t->r->entries[cell / t->weeks].offer;
        t->worth += t->r->own[cell] * t->c->idle[offer * t->weeks + cell % t->weeks];
    }
}
