/* The least cost of one lot in whole numbers: the relaxed routes that the bound is made of.
 *
 * A lot of a..b pieces is charged for the minutes and the weight of a pieces, and may use every
 * offer that takes b pieces. Each operation has the minutes of the lot for itself, and the end
 * weeks of a block may stay empty: every true route of such a lot costs at least as much.
 */
#include "bounding.h"

/* What a route is asked for: its cost; the way behind it; or, for the last operation, the cheapest
 * way for each single week. Ways of equal cost are told apart: the earliest end, then the first
 * entry, then the earliest start. */
enum { COST, WAY, LAST_WAY };

typedef struct {
    const i64 *ready;
    i64 *done;
    Visit *by;
    i64 early, late;   /* first and last week in which it can be made in this park */
    i64 minutes, work;
    i64 floor;         /* work, and the minutes at the cheapest price of the entry */
} Operation;

/* The charge for `minutes` of a block: its prices and minutes are sorted, and suffice. */
static inline i64 fill(const i64 *price, const i64 *room, i64 minutes) {
    i64 cost = 0;
    for (; minutes > *room; price++, room++) {
        cost += *price * *room;
        minutes -= *room;
    }
    return cost + *price * minutes;
}

/* Write a cost to the week where it ends and to the later ones. */
static inline void finish(const Task *t, const Operation *o, Visit visit, i64 cost, int asked) {
    i64 week = visit.end;
    if (asked == COST) {
        for (; week < t->weeks && o->done[week] > cost; week++) o->done[week] = cost;
        return;
    }
    i64 end = asked == WAY ? t->weeks : week + 1;
    for (; week < end && o->done[week] >= cost; week++) {
        o->done[week] = cost;
        o->by[week] = visit;
    }
}

static inline bool is_better(const Operation *o, Visit visit, i64 cost, int asked) {
    i64 known = o->done[visit.end];
    if (asked == COST || cost != known) return cost < known;
    Visit by = o->by[visit.end];
    return by.entry == visit.entry && by.end == visit.end; /* an earlier start */
}

/* Find the cheapest blocks of an entry for every week in which they end. */
static inline void visit_entry(const Task *t, i64 e, const Operation *o, const i64 *room,
                               const i64 *price, int asked) {
    i64 *prices = t->r->block, *rooms = prices + t->c->block;
    for (i64 end = o->early; end <= o->late; end++) {
        i64 count = 0, space = 0, first = most(o->early, end - t->c->block + 1);
        for (i64 start = end; start >= first; start--) {
            /* the later the start, the cheaper it is to be ready */
            i64 low = o->ready[start] + o->floor;
            if (asked == COST ? low >= o->done[end] : low > o->done[end]) break;
            if (room[start] < 1) continue;
            i64 at = count++;
            for (; at > 0 && prices[at - 1] > price[start]; at--) {
                prices[at] = prices[at - 1];
                rooms[at] = rooms[at - 1];
            }
            prices[at] = price[start];
            rooms[at] = room[start];
            space += room[start];
            if (space < o->minutes) continue;
            Visit visit = {.entry = e, .start = start, .end = end};
            i64 cost = o->ready[start] + o->work + fill(prices, rooms, o->minutes);
            if (is_better(o, visit, cost, asked)) finish(t, o, visit, cost, asked);
        }
    }
}

/* Fill `done` of an operation from `ready`. */
static inline void make_row(const Task *t, i64 k, i64 lot, i64 fewest, i64 largest, i64 cut,
                            int asked) {
    const Relaxed *r = t->r;
    const Row *row = &r->rows[k];
    i64 usual = (row->total * fewest + t->whole - 1) / t->whole;
    bool priced = r->price != r->nothing; /* own prices only add to those of the market */
    for (i64 at = row->first_group; at < row->end_group; at++) {
        const Group *group = &r->groups[at];
        i64 place = (k * t->c->parks + group->park) * t->weeks;
        Operation o = {
            .ready = r->ready + place, .done = r->done + place, .by = r->done_by + place};
        o.early = r->entries[group->first].early;
        o.late = r->entries[group->first].late;
        while (o.early <= o.late && o.ready[o.early] >= cut) o.early++;
        for (i64 week = 0; week < t->weeks; week++) {
            o.done[week] = cut;
            if (asked != COST) o.by[week].entry = -1;
        }
        for (i64 e = group->first; e < group->end; e++) {
            const Entry *one = &r->entries[e];
            if (one->min_lot > largest || one->cheapest == NEVER) continue;
            o.minutes = one->quoted ? minutes_of(t, one, fewest) : one->setup + usual;
            o.work = one->per_minute * o.minutes;
            if (one->quoted) o.work += one->per_order * fewest / t->whole;
            /* at best it is made last, and dearer than what can be finished first */
            o.floor = o.work + (priced ? one->cheapest * o.minutes : 0);
            if (o.early > o.late || o.ready[o.late] + o.floor > o.done[o.early]) continue;
            visit_entry(t, e, &o, t->room[lot] + e * t->weeks, r->price + e * t->weeks, asked);
        }
    }
}

/* Note when and how cheaply an operation is finished in each park; sort them for pricing. */
static inline i64 sort_groups(const Task *t, i64 k, i64 cut, int asked) {
    const Relaxed *r = t->r;
    i64 count = 0, first = r->rows[k].first_group;
    for (i64 group = first; group < r->rows[k].end_group; group++) {
        Group *now = &r->groups[group];
        const i64 *done = r->done + (k * t->c->parks + now->park) * t->weeks;
        i64 at = count, week = 0;
        now->cheapest = done[t->weeks - 1];
        if (now->cheapest >= cut) continue;
        while (done[week] >= cut) week++;
        now->week = week;
        for (; asked == COST && at > 0; at--) {
            if (r->groups[r->sorted[at - 1]].cheapest <= now->cheapest) break;
            r->sorted[at] = r->sorted[at - 1];
        }
        r->sorted[at] = group;
        count++;
    }
    return count;
}

/* Be ready in park `to` by way of a park where the operation before has been finished. */
static inline void move(const Task *t, i64 k, const Group *from, i64 to, i64 fewest, int asked) {
    const Relaxed *r = t->r;
    i64 *ready = r->ready + (k * t->c->parks + to) * t->weeks, week = from->week, lag = 0, cost = 0;
    const i64 *done = r->done + ((k - 1) * t->c->parks + from->park) * t->weeks;
    if (from->park != to) {
        lag = between_parks(t->c, from->park, to, LAG);
        if (week + lag >= t->weeks || from->cheapest + t->leg_fixed >= ready[week + lag]) return;
        cost = leg_cost(t, between_parks(t->c, from->park, to, KM), fewest);
    }
    for (; week + lag < t->weeks; week++) {
        i64 sum = done[week] + cost;
        if (sum >= ready[week + lag]) continue;
        ready[week + lag] = sum;
        if (asked == COST) continue;
        i64 place = (k * t->c->parks + to) * t->weeks + week + lag;
        r->ready_from[place] = from->park * t->weeks + week;
    }
}

/* Fill `ready` of an operation from `done` of the one before. */
static inline void move_on(const Task *t, i64 k, i64 fewest, i64 cut, int asked) {
    const Relaxed *r = t->r;
    i64 count = sort_groups(t, k - 1, cut, asked), first = t->weeks - 1;
    for (i64 at = 0; at < count; at++) first = least(first, r->groups[r->sorted[at]].week);
    for (i64 group = r->rows[k].first_group; group < r->rows[k].end_group; group++) {
        i64 to = r->groups[group].park;
        i64 *ready = r->ready + (k * t->c->parks + to) * t->weeks;
        for (i64 week = 0; week < t->weeks; week++) ready[week] = NEVER;
        for (i64 at = 0; asked == COST && at < count; at++)
            if (r->groups[r->sorted[at]].park == to)
                move(t, k, &r->groups[r->sorted[at]], to, fewest, asked);
        for (i64 at = 0; at < count; at++) {
            const Group *from = &r->groups[r->sorted[at]];
            /* costs of being ready only fall from week to week, those that follow only rise */
            if (asked == COST && from->cheapest + t->leg_fixed >= ready[first]) break;
            move(t, k, from, to, fewest, asked);
        }
    }
}

static i64 last_leg(const Task *t, i64 park, i64 fewest) {
    return leg_cost(t, way_to_buyer(t->c, t->order, park, KM), fewest);
}

/* The last week in which a lot may end in a park to be late by at most `level` weeks. */
static i64 last_week(const Task *t, i64 park, i64 level) {
    i64 arrival = order_number(t->c, t->order, DUE) + level;
    return least(t->weeks - 1, arrival - way_to_buyer(t->c, t->order, park, LAG));
}

/* Price a lot of fewest..largest pieces for every tardiness, without the tardiness itself. */
static void price_lot(Task *t, i64 node, i64 lot, i64 cell, i64 fewest, i64 largest) {
    const Row *row = &t->r->rows[t->steps - 1];
    for (i64 k = 0; k < t->steps; k++) {
        if (k > 0) move_on(t, k, fewest, t->cut, COST);
        make_row(t, k, lot, fewest, largest, t->cut, COST);
    }
    for (i64 level = 0; level < t->levels; level++) {
        i64 cheapest = NEVER;
        for (i64 at = row->first_group; at < row->end_group; at++) {
            i64 park = t->r->groups[at].park, week = last_week(t, park, level);
            if (week < 0) continue;
            i64 place = ((t->steps - 1) * t->c->parks + park) * t->weeks + week;
            cheapest = least(cheapest, t->r->done[place] + last_leg(t, park, fewest));
        }
        costs_of(t, node, lot, level)[cell] = cheapest < t->cut ? cheapest : NEVER;
    }
}

/* Write the cost of a cell. */
void price_cell(Task *t, i64 node, i64 lot, i64 cell) {
    const i64 *pieces = cell_of(t, lot, cell);
    price_lot(t, node, lot, cell, pieces[0], pieces[1]);
    exact_of(t, node, lot)[cell] = 1;
}

/* Write one bound to the cells first..end - 1: that of their interval. */
void price_cells(Task *t, i64 node, i64 lot, i64 first, i64 end) {
    price_lot(t, node, lot, first, cell_of(t, lot, first)[0], cell_of(t, lot, end - 1)[1]);
    for (i64 cell = first; cell < end; cell++) {
        exact_of(t, node, lot)[cell] = end - first == 1;
        for (i64 level = 0; level < t->levels; level++)
            costs_of(t, node, lot, level)[cell] = costs_of(t, node, lot, level)[first];
    }
}

/* Write the way of a lot of the last combination to `picks`. */
void trace_cell(Task *t, i64 node, i64 lot) {
    const Relaxed *r = t->r;
    const Row *row = &r->rows[t->steps - 1];
    i64 cell = t->made[1 + lot], level = t->made[0];
    i64 fewest = cell_of(t, lot, cell)[0], largest = cell_of(t, lot, cell)[1];
    i64 target = costs_of(t, node, lot, level)[cell];
    for (i64 k = 0; k < t->steps; k++) {
        if (k > 0) move_on(t, k, fewest, target + 1, WAY);
        if (k < t->steps - 1) make_row(t, k, lot, fewest, largest, target + 1, WAY);
        else make_row(t, k, lot, fewest, largest, target + 1, LAST_WAY);
    }
    Visit chosen = {.entry = t->entries};
    for (i64 at = row->first_group; at < row->end_group; at++) {
        i64 park = r->groups[at].park, leg = last_leg(t, park, fewest);
        i64 place = ((t->steps - 1) * t->c->parks + park) * t->weeks;
        for (i64 week = 0; week <= last_week(t, park, level); week++)
            if (r->done[place + week] + leg == target &&
                r->done_by[place + week].entry < chosen.entry)
                chosen = r->done_by[place + week];
    }
    for (i64 k = t->steps - 1; k >= 0; k--) {
        r->picks[lot * t->steps + k] = chosen;
        if (k == 0) break;
        i64 place = (k * t->c->parks + r->entries[chosen.entry].park) * t->weeks + chosen.start;
        chosen = r->done_by[(k - 1) * t->c->parks * t->weeks + r->ready_from[place]];
    }
}
