/* One order in the workspace: its entries, the weeks they can work in, free minutes and prices. */
#include "search.h"

i64 steps_of(const Columns *c, i64 order) { return c->steps[order + 1] - c->steps[order]; }

/* Copy what an entry needs and costs. The local bonus never pays more than the work costs. */
static void load_entry(const Columns *c, Workspace *w, i64 order, i64 row, i64 entry, i64 e) {
    i64 offer = c->entries[entry], quote = quote_of(c, entry);
    w->entry[e] = entry;
    w->offer[e] = offer;
    w->park[e] = offer_number(c, offer, PARK);
    w->min_lot[e] = offer_number(c, offer, MIN_LOT);
    w->setup[e] = entry_setup(c, entry);
    w->total[e] = entry_total(c, row, entry);
    w->rate[e] = quote < 0 ? c->rates[offer * RATE_WIDTH + RATE] : 0.0;
    w->quote[e] = quote < 0 ? 0.0 : c->quoted_fen[quote];
    w->carbon[e] = c->rates[offer * RATE_WIDTH + CARBON];
    if (c->bonus > 0.0 && w->park[e] == order_number(c, order, NEAREST)) {
        double worth = w->rate[e] + w->carbon[e];
        i64 lots = order_number(c, order, MAX_LOTS);
        if (quote >= 0) worth += w->quote[e] / (double)(lots * w->setup[e] + w->total[e]);
        w->carbon[e] -= c->bonus < worth ? c->bonus : worth;
    }
}

/* Write the parks of each operation, and the weeks in which an entry can work: the way there and
 * the way on take time. */
static void find_windows(const Columns *c, Workspace *w, i64 order, i64 steps) {
    i64 *arrive = w->arrive, *leave = w->leave;
    for (i64 k = 0; k < steps; k++) {
        i64 *parks = w->parks + k * c->parks, count = 0;
        for (i64 e = w->first[k]; e < w->first[k + 1]; e++)
            if (count == 0 || parks[count - 1] != w->park[e]) parks[count++] = w->park[e];
        w->park_count[k] = count;
    }
    for (i64 k = 0; k < steps; k++) {
        const i64 *parks = w->parks + k * c->parks, *before = parks - c->parks;
        for (i64 at = 0; at < w->park_count[k]; at++) {
            i64 early = k == 0 ? order_number(c, order, RELEASE) : INT64_MAX;
            for (i64 from = 0; k > 0 && from < w->park_count[k - 1]; from++)
                early = least(early, arrive[before[from]] +
                                         between_parks(c, before[from], parks[at], LAG));
            leave[parks[at]] = early;
        }
        for (i64 at = 0; at < w->park_count[k]; at++) arrive[parks[at]] = leave[parks[at]];
        for (i64 e = w->first[k]; e < w->first[k + 1]; e++) w->early[e] = leave[w->park[e]];
    }
    for (i64 k = steps - 1; k >= 0; k--) {
        const i64 *parks = w->parks + k * c->parks, *after = parks + c->parks;
        for (i64 at = 0; at < w->park_count[k]; at++) {
            i64 late = k < steps - 1 ? -1
                                     : order_number(c, order, LATEST) -
                                           way_to_buyer(c, order, parks[at], LAG);
            for (i64 to = 0; k < steps - 1 && to < w->park_count[k + 1]; to++)
                late = most(late, leave[after[to]] - between_parks(c, parks[at], after[to], LAG));
            arrive[parks[at]] = least(late, c->weeks - 1);
        }
        for (i64 at = 0; at < w->park_count[k]; at++) leave[parks[at]] = arrive[parks[at]];
        for (i64 e = w->first[k]; e < w->first[k + 1]; e++) w->late[e] = leave[w->park[e]];
    }
}

/* What the work of the whole quantity costs on an entry. */
static double whole_work(const Workspace *w, i64 e) {
    return (w->rate[e] + w->carbon[e]) * (double)(w->setup[e] + w->total[e]) + w->quote[e];
}

static void move_entry(Workspace *w, i64 e, i64 to) {
    w->entry[to] = w->entry[e];
    w->offer[to] = w->offer[e];
    w->park[to] = w->park[e];
    w->setup[to] = w->setup[e];
    w->total[to] = w->total[e];
    w->min_lot[to] = w->min_lot[e];
    w->rate[to] = w->rate[e];
    w->carbon[to] = w->carbon[e];
    w->quote[to] = w->quote[e];
}

/* Keep the entries of an operation that could be worth it with the cheapest others; return how
 * many. `spare` is what the order is worth less the cheapest work of its other operations. */
static i64 keep_worthwhile(Workspace *w, i64 from, i64 until, i64 to, double spare) {
    for (i64 e = from; e < until; e++)
        if (whole_work(w, e) < spare) move_entry(w, e, to++);
    return to;
}

/* Copy the entries of an order; of one made in one lot, leave out those that cost more than it is
 * worth. */
static void load_entries(const Columns *c, Workspace *w, i64 order, i64 steps) {
    i64 row = c->steps[order], from = c->rows[row];
    double cheapest = 0.0;
    for (i64 k = 0; k < steps; k++) {
        double least_work = INF;
        w->first[k] = c->rows[row + k] - from;
        for (i64 entry = c->rows[row + k]; entry < c->rows[row + k + 1]; entry++) {
            load_entry(c, w, order, row + k, entry, entry - from);
            double work = whole_work(w, entry - from);
            if (work < least_work) least_work = work;
        }
        w->tail[k] = least_work;
        cheapest += least_work;
    }
    w->first[steps] = c->rows[row + steps] - from;
    /* a small lot may be worth it even where the whole quantity is not */
    if (order_number(c, order, MAX_LOTS) > 1) return;
    double spare = order_money(c, order, VALUE) - c->leg_fixed - cheapest;
    i64 kept = 0;
    for (i64 k = 0; k < steps; k++) {
        i64 begin = w->first[k];
        w->first[k] = kept;
        kept = keep_worthwhile(w, begin, w->first[k + 1], kept, spare + w->tail[k]);
    }
    w->first[steps] = kept;
}

enum { SMALL_LOT = 16 }; /* a lot of less than this part of an order is not looked for */

typedef struct {
    const i64 *free;
    const double *prices;
    double theta;
} Market;

/* Some minutes of a block of weeks, the cheapest first: fen for all of `minutes` at what those that
 * there are cost on the mean; INF where there are fewer than `fewest`. */
static double block_charge(const i64 *free, const double *prices, i64 weeks, i64 minutes,
                           i64 fewest) {
    double cost = 0.0, before = -INF;
    i64 left = minutes;
    while (left > 0) {
        double price = INF; /* the next one up, and the minutes that there are at it */
        i64 room = 0;
        for (i64 week = 0; week < weeks; week++) {
            if (free[week] < 1 || prices[week] <= before || prices[week] > price) continue;
            room = prices[week] < price ? free[week] : room + free[week];
            price = prices[week];
        }
        if (room == 0) break;
        i64 taken = least(room, left);
        cost += price * (double)taken;
        left -= taken;
        before = price;
    }
    i64 filled = minutes - left;
    if (filled < most(1, fewest)) return INF;
    return left == 0 ? cost : cost * (double)minutes / (double)filled;
}

/* The minutes that an entry must have free in one block: for the order, or for a small lot of one
 * that may be divided. */
static i64 fewest_minutes(const Columns *c, const Workspace *w, i64 order, i64 e) {
    bool divided = order_number(c, order, MAX_LOTS) > 1;
    return w->setup[e] + (divided ? w->total[e] / SMALL_LOT : w->total[e]);
}

/* Whether an entry has so many minutes free in one block. */
static bool has_room(const Columns *c, const Workspace *w, i64 e, const i64 *free, i64 fewest) {
    i64 early = most(0, w->early[e]), block = 0;
    free += w->offer[e] * c->weeks;
    for (i64 week = early; week <= w->late[e]; week++) {
        block += free[week];
        if (week - c->block >= early) block -= free[week - c->block];
        if (block >= fewest && block > 0) return true;
    }
    return false;
}

/* What the work of the whole quantity would cost on an entry in its best block of weeks, the way to
 * the buyer and the delay included; INF where no block has room. */
static double rating(const Columns *c, const Workspace *w, i64 order, i64 e, const Market *m) {
    i64 offer = w->offer[e], early = most(0, w->early[e]), late = w->late[e];
    i64 lag = way_to_buyer(c, order, w->park[e], LAG), minutes = w->setup[e] + w->total[e];
    i64 fewest = fewest_minutes(c, w, order, e);
    const i64 *free = m->free + offer * c->weeks;
    const double *prices = m->prices + offer * c->weeks;
    double cheapest = INF, floor = INF;
    for (i64 week = early; week <= late; week++)
        if (free[week] > 0 && prices[week] < floor) floor = prices[week];
    if (floor == INF) return INF;
    floor *= m->theta * (double)minutes;
    for (i64 start = early; start <= late; start++) {
        if (free[start] < 1) continue;
        i64 delay = most(0, start + lag - order_number(c, order, DUE));
        double late_cost = (double)delay * order_money(c, order, TARDY_COST);
        if (floor + late_cost >= cheapest) break; /* later ones are no cheaper */
        double charge = block_charge(free + start, prices + start,
                                     least(c->block, late - start + 1), minutes, fewest);
        double cost = m->theta * charge + late_cost;
        if (charge < INF && cost < cheapest) cheapest = cost;
    }
    if (cheapest == INF) return INF;
    double leg = order_money(c, order, LEG_PRICE) + order_money(c, order, LEG_CARBON);
    return whole_work(w, e) + cheapest + leg * (double)way_to_buyer(c, order, w->park[e], KM);
}

/* Return the largest rating among the best `choices` of some. */
static double worst_chosen(const double *ratings, i64 count, i64 choices) {
    double chosen[CHOICES_MOST]; /* in rising order */
    i64 kept = 0;
    for (i64 at = 0; at < count; at++) {
        if (kept == choices && ratings[at] >= chosen[kept - 1]) continue;
        i64 place = kept < choices ? kept++ : kept - 1;
        for (; place > 0 && chosen[place - 1] > ratings[at]; place--)
            chosen[place] = chosen[place - 1];
        chosen[place] = ratings[at];
    }
    return chosen[kept - 1];
}

/* Leave out the entries without room and, beyond the best `choices` of an operation, the others;
 * return whether some were. */
static bool choose_entries(const Columns *c, Workspace *w, i64 order, i64 steps, const Market *m,
                           i64 choices) {
    double *ratings = w->lot_work;
    i64 kept = 0, entries = w->first[steps];
    for (i64 k = 0; k < steps; k++) {
        i64 begin = w->first[k], end = w->first[k + 1];
        bool many = end - begin > choices;
        for (i64 e = begin; many && e < end; e++) ratings[e] = rating(c, w, order, e, m);
        double most_paid = many ? worst_chosen(ratings + begin, end - begin, choices) : INF;
        w->first[k] = kept;
        for (i64 e = begin; e < end; e++) {
            bool chosen = many ? ratings[e] < INF && ratings[e] <= most_paid
                               : has_room(c, w, e, m->free, fewest_minutes(c, w, order, e));
            if (chosen) move_entry(w, e, kept++);
        }
    }
    w->first[steps] = kept;
    return kept < entries;
}

void load_order(const Columns *c, Workspace *w, i64 order, const i64 *free, const double *prices,
                double theta, i64 choices) {
    i64 steps = steps_of(c, order), weeks = c->weeks;
    Market market = {free, prices, theta};
    load_entries(c, w, order, steps);
    find_windows(c, w, order, steps);
    if (choose_entries(c, w, order, steps, &market, choices)) find_windows(c, w, order, steps);
    i64 entries = w->first[steps];
    w->loaded[LOADED_ORDER] = order;
    w->loaded[LOADED_ENTRIES] = entries;
    w->loaded[LOADED_STEPS] = steps;
    for (i64 e = 0; e < entries; e++) {
        const i64 *room = free + w->offer[e] * weeks;
        const double *price = prices + w->offer[e] * weeks;
        for (i64 week = most(0, w->early[e]); week <= w->late[e]; week++) {
            w->room[e * weeks + week] = room[week];
            w->price[e * weeks + week] = theta * price[week];
        }
    }
}
