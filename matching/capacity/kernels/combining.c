/* The cheapest combination of relaxed lots whose pieces can add up to the quantity.
 *
 * Costs of cells start as bounds and are priced only where a combination needs them: the cheapest
 * combination by bounds is the cheapest of all as soon as its own cells are priced.
 */
#include "bounding.h"

#include <string.h>

/* Cut the span of a lot into intervals of nearly equal length. */
void make_cells(Task *t, i64 node, i64 lot) {
    i64 fewest = span_of(t, node, lot)[0], width = span_of(t, node, lot)[1] - fewest + 1;
    i64 count = least(t->r->cells_most, most(0, width));
    t->counts[lot] = count;
    for (i64 cell = 0; cell < count; cell++) {
        cell_of(t, lot, cell)[0] = fewest + width * cell / count;
        cell_of(t, lot, cell)[1] = fewest + width * (cell + 1) / count - 1;
    }
}

/* Start the costs of a lot with bounds that neighbours share; few cells start with nothing. */
void bound_cells(Task *t, i64 node, i64 lot) {
    i64 count = t->counts[lot], together = 1;
    while ((together + 1) * (together + 1) <= count) together++;
    if (together > 1) {
        for (i64 cell = 0; cell < count; cell += together)
            price_cells(t, node, lot, cell, least(count, cell + together));
        return;
    }
    for (i64 cell = 0; cell < count; cell++) {
        exact_of(t, node, lot)[cell] = 0;
        for (i64 level = 0; level < t->levels; level++) costs_of(t, node, lot, level)[cell] = 0;
    }
}

void forget_spare(Task *t) {
    for (i64 at = 0; at < SPARE; at++) t->r->spare[2 * at] = -1;
}

/* The least cost of an operation for `pieces`, setups apart, whatever lots and offers they go to.
 *
 * Rounding up the minutes of a lot loses less than one minute against its share: less than lots - 1
 * minutes in all where the least minutes are charged at the least rate, and less than a minute of
 * the dearest for each lot where every offer is charged its own. */
static i64 spare_operation(const Task *t, const Row *row, i64 pieces) {
    i64 lost = t->lots - 1;
    i64 cost = row->per_minute * most(0, row->total_least * pieces / t->whole - lost);
    if (row->quoted == 0) return cost;
    cost += most(0, row->per_order * pieces / t->whole - lost);
    return most(cost, row->share * pieces / t->whole - t->lots * row->per_minute_most);
}

/* The least cost of pieces that no cell charges for, ≥ 0 of them. */
static i64 spare_cost(Task *t, i64 pieces) {
    if (pieces <= 0) return 0;
    i64 *kept = t->r->spare + 2 * (pieces % SPARE);
    if (kept[0] == pieces) return kept[1];
    i64 cost = 0, leg = NEVER;
    for (i64 k = 0; k < t->steps; k++) cost += spare_operation(t, &t->r->rows[k], pieces);
    const Row *row = &t->r->rows[t->steps - 1];
    for (i64 at = row->first_group; at < row->end_group; at++) {
        i64 km = way_to_buyer(t->c, t->order, t->r->groups[at].park, KM);
        leg = least(leg, most(0, t->leg_km * km * pieces / t->whole - (t->lots - 1)));
    }
    kept[0] = pieces;
    kept[1] = cost + leg;
    return kept[1];
}

static Best *best_of(const Task *t, i64 level, i64 one) {
    return &t->r->best[level * t->r->cells_most + one];
}

/* The first cell of a lot that has at least so many pieces in it. */
static i64 first_with(const Task *t, i64 lot, i64 pieces) {
    i64 low = 0, high = t->counts[lot];
    while (low < high) {
        i64 middle = (low + high) / 2;
        if (cell_of(t, lot, middle)[1] >= pieces) high = middle;
        else low = middle + 1;
    }
    return low;
}

/* Find the second lot for the first. */
static void search_pair(Task *t, i64 node, i64 level, i64 one, Best *best) {
    const i64 *first = cell_of(t, 0, one), *cost = costs_of(t, node, 1, level);
    i64 base = best->cost, largest = least(first[1], t->whole - first[0]);
    best->cost = t->cut;
    for (i64 two = first_with(t, 1, t->whole - first[1]);
         two < t->counts[1] && cell_of(t, 1, two)[0] <= largest; two++) {
        i64 sum = base + cost[two];
        if (sum >= best->cost) continue;
        sum += spare_cost(t, t->whole - first[0] - cell_of(t, 1, two)[0]);
        if (sum < best->cost) *best = (Best){.cost = sum, .two = two};
    }
}

/* Find the second and third lot for the first. The third has at most the pieces of the second. */
static void search_triple(Task *t, i64 node, i64 level, i64 one, Best *best) {
    const i64 *first = cell_of(t, 0, one), *cost = costs_of(t, node, 1, level);
    const i64 *costs = costs_of(t, node, 2, level), *thirds = cell_of(t, 2, 0);
    i64 base = best->cost, start = t->counts[2], fewest = t->whole - first[1];
    i64 largest = least(first[1], t->whole - first[0] - 1);
    /* with the third lot in the same interval, or in one that starts below it */
    i64 widest = (span_of(t, node, 2)[1] - span_of(t, node, 2)[0]) / most(1, t->counts[2]) + 1;
    best->cost = t->cut;
    for (i64 two = first_with(t, 1, (fewest - widest + 2) / 2); two < t->counts[1]; two++) {
        const i64 *second = cell_of(t, 1, two);
        if (second[0] > largest) break;
        while (start > 0 && thirds[2 * start - 1] >= fewest - second[1]) start--;
        i64 pair = base + cost[two], left = t->whole - first[0] - second[0];
        if (pair >= best->cost) continue;
        i64 most_pieces = least(left, second[1]);
        for (i64 three = start; three < t->counts[2] && thirds[2 * three] <= most_pieces; three++) {
            i64 sum = pair + costs[three];
            if (sum >= best->cost) continue;
            sum += spare_cost(t, left - thirds[2 * three]);
            if (sum < best->cost) *best = (Best){.cost = sum, .two = two, .three = three};
        }
    }
}

/* Find the cheapest combination with a first lot, by the costs as they are known. */
static void search(Task *t, i64 node, i64 level, i64 one) {
    Best *best = best_of(t, level, one);
    i64 late = level * t->tardy;
    best->cost = least(t->cut, costs_of(t, node, 0, level)[one] + late);
    if (best->cost == t->cut || t->lots == 1) return;
    if (t->lots == 2) search_pair(t, node, level, one, best);
    else search_triple(t, node, level, one, best);
}

/* Write the cheapest combination of all to `made`; of equal ones the first. */
static i64 choose(Task *t) {
    i64 cost = t->cut;
    for (i64 level = 0; level < t->levels; level++) {
        for (i64 one = 0; one < t->counts[0]; one++) {
            const Best *best = best_of(t, level, one);
            if (best->cost >= cost) continue;
            cost = best->cost;
            t->made[0] = level;
            t->made[1] = one;
            t->made[2] = best->two;
            t->made[3] = best->three;
        }
    }
    return cost;
}

/* Whether being later is of no use: the costs of all lots are those of a week less. */
static bool is_idle(const Task *t, i64 node, i64 level) {
    if (level == 0) return false;
    for (i64 lot = 0; lot < t->lots; lot++)
        if (memcmp(costs_of(t, node, lot, level), costs_of(t, node, lot, level - 1),
                   (size_t)t->counts[lot] * sizeof(i64)) != 0)
            return false;
    return true;
}

/* Search a level from the start. */
static void search_level(Task *t, i64 node, i64 level) {
    t->r->idle[level] = is_idle(t, node, level);
    for (i64 one = 0; one < t->counts[0]; one++) {
        if (t->r->idle[level]) best_of(t, level, one)->cost = t->cut;
        else search(t, node, level, one);
    }
}

/* Price the cells of the last combination that only have a bound; return whether there were any.
 * Then search again where they were chosen: costs only rise, so other choices stay the best. */
static bool price_made(Task *t, i64 node) {
    bool fresh[LOTS] = {false}, any = false;
    for (i64 lot = 0; lot < t->lots; lot++) {
        i64 cell = t->made[1 + lot];
        fresh[lot] = !exact_of(t, node, lot)[cell];
        if (fresh[lot]) price_cell(t, node, lot, cell);
        any = any || fresh[lot];
    }
    for (i64 level = 0; any && level < t->levels; level++) {
        if (t->r->idle[level]) {
            if (!is_idle(t, node, level)) search_level(t, node, level);
            continue;
        }
        for (i64 one = 0; one < t->counts[0]; one++) {
            const Best *best = best_of(t, level, one);
            if (best->cost < t->cut && ((fresh[0] && one == t->made[1]) ||
                                        (fresh[1] && best->two == t->made[2]) ||
                                        (fresh[2] && best->three == t->made[3])))
                search(t, node, level, one);
        }
    }
    return any;
}

/* Return the least cost of the lots, tardiness included, NEVER from `cut` on; `made` says how. */
i64 combine(Task *t, i64 node) {
    i64 cost;
    for (i64 level = 0; level < t->levels; level++) search_level(t, node, level);
    do cost = choose(t);
    while (cost < t->cut && price_made(t, node));
    return cost < t->cut ? cost : NEVER;
}

/* The pieces that no cell of the last combination charges for. */
i64 spare_pieces(const Task *t) {
    i64 pieces = t->whole;
    for (i64 lot = 0; lot < t->lots; lot++) pieces -= cell_of(t, lot, t->made[1 + lot])[0];
    return pieces;
}
