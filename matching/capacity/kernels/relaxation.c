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

/* Add a week to a block of `count`, by its price; of equal prices behind the others. */
static inline void add_week(i64 *prices, i64 *rooms, i64 count, i64 price, i64 room) {
    i64 at = count;
    for (; at > 0 && prices[at - 1] > price; at--) {
        prices[at] = prices[at - 1];
        rooms[at] = rooms[at - 1];
    }
    prices[at] = price;
    rooms[at] = room;
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
            add_week(prices, rooms, count++, price[start], room[start]);
            space += room[start];
            if (space < o->minutes) continue;
            Visit visit = {.entry = e, .start = start, .end = end};
            i64 cost = o->ready[start] + o->work + fill(prices, rooms, o->minutes);
            if (is_better(o, visit, cost, asked)) finish(t, o, visit, cost, asked);
        }
    }
}

static i64 last_leg(const Task *t, i64 park, i64 fewest) {
    return leg_cost(t, way_to_buyer(t->c, t->order, park, KM), fewest);
}

/* The least that some minutes of an entry can be charged for in any block, NEVER without room.
 *
 * By the prices of the market and the minutes that there are: own prices only add to the ones, and
 * cases only take from the others. */
static i64 cheapest_fill(const Task *t, i64 e, i64 minutes) {
    const Entry *one = &t->r->entries[e];
    const i64 *room = t->r->room + e * t->weeks, *price = t->r->market + e * t->weeks;
    i64 *prices = t->r->block, *rooms = prices + t->c->block, cheapest = NEVER;
    for (i64 end = one->early; end <= one->late; end++) {
        i64 count = 0, space = 0, first = most(one->early, end - t->c->block + 1);
        for (i64 start = end; start >= first; start--) {
            if (room[start] < 1) continue;
            add_week(prices, rooms, count++, price[start], room[start]);
            space += room[start];
        }
        if (space >= minutes) cheapest = least(cheapest, fill(prices, rooms, minutes));
    }
    return cheapest;
}

/* The size of lots, in pieces, at which entries are looked at beforehand. */
static i64 milestone(const Task *t, i64 number) {
    return most(1, t->whole * (1 + number) / MILESTONES);
}

/* What every entry charges at least for a minute of lots of so many pieces and more: the charge of
 * a block for a minute only rises with the minutes. */
static void find_rates(Task *t, i64 number) {
    i64 pieces = milestone(t, number);
    i64 *rates = t->r->least_rate + number * t->entries;
    t->known |= (i64)1 << number;
    for (i64 e = 0; e < t->entries; e++) {
        const Entry *one = &t->r->entries[e];
        if (one->cheapest == NEVER) continue;
        i64 minutes = minutes_of(t, one, pieces), cost = cheapest_fill(t, e, minutes);
        rates[e] = cost < NEVER ? cost / minutes : NEVER;
    }
}

/* Sort the groups of an operation by what is spent at least from there on; return how many can be
 * used at all. */
static i64 sort_ahead(const Task *t, const Row *row) {
    const Relaxed *r = t->r;
    i64 count = 0;
    for (i64 group = row->first_group; group < row->end_group; group++) {
        i64 at = count, ahead = r->groups[group].ahead;
        if (ahead == NEVER) continue;
        for (; at > 0 && r->groups[r->sorted[at - 1]].ahead > ahead; at--)
            r->sorted[at] = r->sorted[at - 1];
        r->sorted[at] = group;
        count++;
    }
    return count;
}

/* What is spent at least after an operation in a park, by way of the sorted groups of the next. */
static i64 least_rest(const Task *t, const Group *from, i64 count) {
    const Relaxed *r = t->r;
    i64 rest = NEVER;
    for (i64 at = 0; at < count; at++) {
        const Group *to = &r->groups[r->sorted[at]];
        i64 leg = 0;
        if (to->ahead >= rest) break;
        if (to->park != from->park)
            leg = t->leg_fixed + t->per_km * between_parks(t->c, from->park, to->park, KM);
        rest = least(rest, leg + to->ahead);
    }
    return rest;
}

/* Note what every entry costs a lot at least, and every group from there to the buyer; return the
 * least that the whole lot can cost. What other operations and lots leave is not looked at, nor
 * when anything is ready: what cannot stay below a limit even so need not be priced. */
static i64 find_floors(Task *t, i64 fewest, i64 largest) {
    const Relaxed *r = t->r;
    bool priced = r->price != r->nothing;
    i64 floor = NEVER, number = MILESTONES - 1, count = 0;
    t->per_km = t->leg_km * fewest / t->whole;
    while (number >= 0 && milestone(t, number) > fewest) number--;
    if (t->lifted || !priced) number = -1;
    if (number >= 0 && !(t->known >> number & 1)) find_rates(t, number);
    const i64 *rates = r->least_rate + most(0, number) * t->entries;
    for (i64 k = t->steps - 1; k >= 0; k--) {
        const Row *row = &r->rows[k];
        i64 usual = (row->total * fewest + t->whole - 1) / t->whole;
        for (i64 at = row->first_group; at < row->end_group; at++) {
            Group *group = &r->groups[at];
            group->ahead = NEVER;
            for (i64 e = group->first; e < group->end; e++) {
                Entry *one = &r->entries[e];
                one->floor = NEVER;
                if (one->min_lot > largest || one->cheapest == NEVER) continue;
                one->minutes = one->quoted ? minutes_of(t, one, fewest) : one->setup + usual;
                one->work = one->per_minute * one->minutes;
                if (one->quoted) one->work += one->per_order * fewest / t->whole;
                i64 rate = number < 0 ? one->cheapest : rates[e];
                if (rate == NEVER) continue;
                one->floor = one->work + (priced ? rate * one->minutes : 0);
                group->ahead = least(group->ahead, one->floor);
            }
            if (group->ahead == NEVER) continue;
            bool last = k == t->steps - 1;
            group->rest = last ? last_leg(t, group->park, fewest) : least_rest(t, group, count);
            group->ahead = least(NEVER, group->ahead + group->rest);
            if (k == 0) floor = least(floor, group->ahead);
        }
        count = sort_ahead(t, row);
    }
    return floor;
}

/* Fill `done` of an operation from `ready`, where the whole lot can stay below the limit. */
static inline void make_row(const Task *t, i64 k, i64 lot, i64 limit, int asked) {
    const Relaxed *r = t->r;
    const Row *row = &r->rows[k];
    for (i64 at = row->first_group; at < row->end_group; at++) {
        Group *group = &r->groups[at];
        group->open = false;
        if (group->ahead >= limit) continue;
        i64 place = (k * t->c->parks + group->park) * t->weeks, cut = limit - group->rest;
        Operation o = {
            .ready = r->ready + place, .done = r->done + place, .by = r->done_by + place};
        o.early = r->entries[group->first].early;
        o.late = r->entries[group->first].late;
        while (o.early <= o.late && o.ready[o.early] >= cut) o.early++;
        if (o.early > o.late || o.ready[o.late] + group->ahead >= limit) continue;
        group->open = true;
        for (i64 week = 0; week < t->weeks; week++) {
            o.done[week] = cut;
            if (asked != COST) o.by[week].entry = -1;
        }
        for (i64 e = group->first; e < group->end; e++) {
            const Entry *one = &r->entries[e];
            /* at best it is made last, and dearer than what can be finished first */
            if (o.ready[o.late] + one->floor > o.done[o.early]) continue;
            o.minutes = one->minutes;
            o.work = one->work;
            o.floor = one->floor;
            visit_entry(t, e, &o, t->room[lot] + e * t->weeks, r->price + e * t->weeks, asked);
        }
    }
}

/* Note when and how cheaply an operation is finished in each park; sort them for pricing. */
static inline i64 sort_groups(const Task *t, i64 k, i64 limit, int asked) {
    const Relaxed *r = t->r;
    i64 count = 0, first = r->rows[k].first_group;
    for (i64 group = first; group < r->rows[k].end_group; group++) {
        Group *now = &r->groups[group];
        if (!now->open) continue;
        const i64 *done = r->done + (k * t->c->parks + now->park) * t->weeks;
        i64 at = count, week = 0, cut = limit - now->rest;
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

/* Be ready in the park of `to` by way of a park where the operation before has been finished. */
static inline void move(const Task *t, i64 k, const Group *from, const Group *to, i64 fewest,
                        i64 limit, int asked) {
    const Relaxed *r = t->r;
    i64 *ready = r->ready + (k * t->c->parks + to->park) * t->weeks;
    const i64 *done = r->done + ((k - 1) * t->c->parks + from->park) * t->weeks;
    i64 week = from->week, lag = 0, cost = 0;
    if (from->park != to->park) {
        i64 km = between_parks(t->c, from->park, to->park, KM);
        lag = between_parks(t->c, from->park, to->park, LAG);
        cost = t->leg_fixed + t->per_km * km;
        if (week + lag >= t->weeks || from->cheapest + cost >= ready[week + lag] ||
            from->cheapest + cost + to->ahead >= limit)
            return;
        cost = leg_cost(t, km, fewest);
    }
    for (; week + lag < t->weeks; week++) {
        i64 sum = done[week] + cost;
        if (sum >= ready[week + lag]) continue;
        ready[week + lag] = sum;
        if (asked == COST) continue;
        i64 place = (k * t->c->parks + to->park) * t->weeks + week + lag;
        r->ready_from[place] = from->park * t->weeks + week;
    }
}

/* Fill `ready` of an operation from `done` of the one before. */
static inline void move_on(const Task *t, i64 k, i64 fewest, i64 limit, int asked) {
    const Relaxed *r = t->r;
    i64 count = sort_groups(t, k - 1, limit, asked), first = t->weeks - 1, cheapest = NEVER;
    for (i64 at = 0; at < count; at++) {
        first = least(first, r->groups[r->sorted[at]].week);
        cheapest = least(cheapest, r->groups[r->sorted[at]].cheapest);
    }
    for (i64 group = r->rows[k].first_group; group < r->rows[k].end_group; group++) {
        const Group *to = &r->groups[group];
        i64 *ready = r->ready + (k * t->c->parks + to->park) * t->weeks;
        for (i64 week = 0; week < t->weeks; week++) ready[week] = NEVER;
        if (cheapest + to->ahead >= limit) continue;
        for (i64 at = 0; asked == COST && at < count; at++)
            if (r->groups[r->sorted[at]].park == to->park)
                move(t, k, &r->groups[r->sorted[at]], to, fewest, limit, asked);
        for (i64 at = 0; at < count; at++) {
            const Group *from = &r->groups[r->sorted[at]];
            /* costs of being ready only fall from week to week, those that follow only rise */
            i64 cost = from->cheapest + t->leg_fixed;
            if (asked == COST && (cost >= ready[first] || cost + to->ahead >= limit)) break;
            move(t, k, from, to, fewest, limit, asked);
        }
    }
}

/* The last week in which a lot may end in a park to be late by at most `level` weeks. */
static i64 last_week(const Task *t, i64 park, i64 level) {
    i64 arrival = order_number(t->c, t->order, DUE) + level;
    return least(t->weeks - 1, arrival - way_to_buyer(t->c, t->order, park, LAG));
}

/* The least cost of the last routes that are late by at most `level` weeks, NEVER from the limit. */
static i64 cost_of_level(const Task *t, i64 level, i64 limit) {
    const Row *row = &t->r->rows[t->steps - 1];
    i64 cheapest = limit;
    for (i64 at = row->first_group; at < row->end_group; at++) {
        const Group *group = &t->r->groups[at];
        i64 week = last_week(t, group->park, level);
        if (week < 0 || !group->open) continue;
        i64 place = ((t->steps - 1) * t->c->parks + group->park) * t->weeks + week;
        cheapest = least(cheapest, t->r->done[place] + group->rest);
    }
    return cheapest < limit ? cheapest : NEVER;
}

/* Price a lot of fewest..largest pieces for every tardiness, without the tardiness itself.
 *
 * First only what stays below a limit that is a little above the floor. When a level is not found
 * there, the limit is raised, up to the cut; unless another lot has told that it is hopeless. */
static void price_lot(Task *t, i64 node, i64 lot, i64 cell, i64 fewest, i64 largest) {
    Hopeless *known = &t->hopeless[lot];
    i64 hopeless = fewest >= known->fewest && largest <= known->largest ? known->levels : 0;
    i64 floor = find_floors(t, fewest, largest), limit = floor, found = NEVER;
    i64 slack = most(t->slack, floor / 32 + 1);
    while (found == NEVER && limit < t->cut && hopeless < t->levels) {
        limit = least(t->cut, floor + slack);
        slack *= 4;
        for (i64 k = 0; k < t->steps; k++) {
            if (k > 0) move_on(t, k, fewest, limit, COST);
            make_row(t, k, lot, limit, COST);
        }
        found = cost_of_level(t, hopeless, limit);
        while (limit == t->cut && found == NEVER && ++hopeless < t->levels)
            found = cost_of_level(t, hopeless, limit);
    }
    if (floor >= t->cut) hopeless = t->levels;
    for (i64 level = 0; level < t->levels; level++)
        costs_of(t, node, lot, level)[cell] =
            level < hopeless ? NEVER : cost_of_level(t, level, limit);
    if (found < NEVER) t->slack = (found - floor) * 5 / 4;
    if (largest >= t->min_lot_most) largest = t->whole; /* more pieces find no more offers */
    if (hopeless > 0 && (fewest < known->fewest || largest > known->largest))
        *known = (Hopeless){.levels = hopeless, .fewest = fewest, .largest = largest};
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
    find_floors(t, fewest, largest);
    for (i64 k = 0; k < t->steps; k++) {
        if (k > 0) move_on(t, k, fewest, target + 1, WAY);
        make_row(t, k, lot, target + 1, k < t->steps - 1 ? WAY : LAST_WAY);
    }
    Visit chosen = {.entry = t->entries};
    for (i64 at = row->first_group; at < row->end_group; at++) {
        const Group *group = &r->groups[at];
        i64 place = ((t->steps - 1) * t->c->parks + group->park) * t->weeks;
        for (i64 week = 0; group->open && week <= last_week(t, group->park, level); week++)
            if (r->done[place + week] + group->rest == target &&
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
