/* What orders would like: alone on all capacity under prices, or one after the other on the rest. */
#include "search.h"

/* Add the minutes of the best lots of the workspace to a table of offers x weeks. */
static void add_use(const Columns *c, const Workspace *w, i64 lots, i64 sign, i64 *use) {
    for (i64 one = 0; one < lots * w->loaded[LOADED_STEPS]; one++) {
        const i64 *slot = w->lots_best + one * slot_width(c);
        i64 *row = use + w->offer[slot[SLOT_ENTRY]] * c->weeks + slot[SLOT_START];
        for (i64 at = 0; at < c->block; at++)
            if (slot[SLOT_MINUTES + at] > 0) row[at] += sign * slot[SLOT_MINUTES + at];
    }
}

EXPORT double demand_at(const Columns *c, Workspace *w, const i64 *orders, i64 count,
                        const double *prices, i64 effort, Random *random, i64 *use,
                        double *earned);

/* Let each order plan alone on all capacity at the prices; add up the minutes wanted.
 *
 * Writes to `earned` the reduced profit of each of the orders, 0 when it stays out. Returns their
 * sum: an estimate of the orders' part of the bound, not a proof. */
EXPORT double demand_at(const Columns *c, Workspace *w, const i64 *orders, i64 count,
                        const double *prices, i64 effort, Random *random, i64 *use,
                        double *earned) {
    double total = 0.0;
    for (i64 at = 0; at < count; at++) {
        i64 order = orders[at];
        load_order(c, w, order, c->idle, prices, 1.0, choices_of((int)effort));
        i64 lots = plan_order(c, w, (int)effort, order_money(c, order, VALUE), random);
        earned[order] = 0.0;
        if (lots > 0 && w->worth[1] > 0) {
            earned[order] = w->worth[1];
            total += w->worth[1];
            add_use(c, w, lots, 1, use);
        }
    }
    return total;
}

EXPORT i64 plan_alone(const Columns *c, Workspace *w, i64 order, const i64 *idle,
                      const double *prices, i64 effort, Random *random);

/* Let one order plan alone on the minutes in `idle`; return the lots, which are in the workspace. */
EXPORT i64 plan_alone(const Columns *c, Workspace *w, i64 order, const i64 *idle,
                      const double *prices, i64 effort, Random *random) {
    load_order(c, w, order, idle, prices, 1.0, ALL_CHOICES);
    return plan_order(c, w, (int)effort, INF, random);
}

EXPORT double insert_all(const Columns *c, Workspace *w, Book *b, const i64 *sequence, i64 count,
                         const double *prices, double theta, i64 effort, Random *random);

/* Insert the refused orders of a sequence one after the other; return the profit added. */
EXPORT double insert_all(const Columns *c, Workspace *w, Book *b, const i64 *sequence, i64 count,
                         const double *prices, double theta, i64 effort, Random *random) {
    double added = 0.0;
    for (i64 at = 0; at < count; at++)
        if (b->lots[sequence[at]] == 0)
            added += insert_order(c, w, b, sequence[at], prices, theta, (int)effort, random);
    return added;
}

EXPORT void take_over(const Columns *c, Book *b, const Copy *from, i64 *orders, i64 count);

/* Make the plan serve some orders as another plan does. Where minutes are missing the order is
 * left out; the others are struck from `orders` by -1. */
EXPORT void take_over(const Columns *c, Book *b, const Copy *from, i64 *orders, i64 count) {
    for (i64 at = 0; at < count; at++)
        if (b->lots[orders[at]] > 0) remove_order(c, b, orders[at]);
    for (i64 at = 0; at < count; at++)
        if (from->lots[orders[at]] == 0 || enter_copied(c, b, from, orders[at])) orders[at] = -1;
}

EXPORT void find_candidates(const Columns *c, Workspace *w, const i64 *orders, i64 count,
                            const double *prices, i64 choices, i32 *found, i64 *sizes);

/* Write the entries of each operation of some orders that are best at the prices on all capacity,
 * in rising order: rows x choices, and how many there are of each row. */
EXPORT void find_candidates(const Columns *c, Workspace *w, const i64 *orders, i64 count,
                            const double *prices, i64 choices, i32 *found, i64 *sizes) {
    for (i64 at = 0; at < count; at++) {
        load_order(c, w, orders[at], c->idle, prices, 1.0, choices);
        for (i64 k = 0; k < w->loaded[LOADED_STEPS]; k++) {
            i64 row = c->steps[orders[at]] + k;
            sizes[row] = least(choices, w->first[k + 1] - w->first[k]); /* ties may be more */
            for (i64 e = 0; e < sizes[row]; e++)
                found[row * choices + e] = (i32)w->entry[w->first[k] + e];
        }
    }
}
