/* The cheapest route of one lot: which offers, in which weeks, under prices and free minutes.
 *
 * Dynamic program over operations, end weeks and parks. Blocks of at most `block` weeks are filled
 * from the cheapest week up. The route is exact for one lot whose operations want different
 * offers; where two of them want the same offer, it is repaired or given up.
 */
#include <string.h>

#include "search.h"

enum { REPAIRS_MAX = 4 };
#define NO_WEEK ((i64)1 << 40)

/* Fill the cheapest weeks of start..end first, both ends with at least one minute; return the
 * charge, INF when the minutes do not fit. `out`, unless NULL, gets the minutes by week. */
static double fill(const i64 *room, const double *price, i64 start, i64 end, i64 minutes,
                   i64 *out) {
    i64 length = end - start + 1;
    if (length == 1) {
        if (room[start] < minutes) return INF;
        if (out) out[0] = minutes;
        return price[start] * (double)minutes;
    }
    if (minutes < 2 || room[start] < 1 || room[end] < 1) return INF;
    double cost = price[start] + price[end], last_price = -1.0;
    i64 left = minutes - 2, last = -1;
    if (out) {
        memset(out, 0, (size_t)length * sizeof(i64));
        out[0] = out[length - 1] = 1;
    }
    while (left > 0) {
        i64 week = -1; /* the next week in order of price, then of time */
        for (i64 at = start; at <= end; at++) {
            bool later = price[at] > last_price || (price[at] == last_price && at > last);
            if (later && (week < 0 || price[at] < price[week])) week = at;
        }
        if (week < 0) return INF;
        i64 taken = least(left, room[week] - (week == start || week == end));
        cost += price[week] * (double)taken;
        if (out) out[week - start] += taken;
        left -= taken;
        last_price = price[week];
        last = week;
    }
    return cost;
}

/* The charge of two weeks that have room for the minutes. */
static inline double fill_two(const i64 *room, const double *price, i64 start, i64 minutes) {
    i64 cheap = price[start] <= price[start + 1] ? start : start + 1;
    i64 other = 2 * start + 1 - cheap;
    i64 taken = least(minutes - 1, room[cheap]);
    return price[cheap] * (double)taken + price[other] * (double)(minutes - taken);
}

i64 lot_minutes(const Columns *c, const Workspace *w, i64 e, i64 quantity) {
    i64 whole = order_number(c, w->loaded[LOADED_ORDER], QUANTITY);
    if (quantity == whole) return w->setup[e] + w->total[e];
    return w->setup[e] + (w->total[e] * quantity + whole - 1) / whole;
}

/* What one leg of a lot costs; its money counts 1 + strain times. */
static double leg_charge(const Columns *c, i64 order, i64 km, double share, double strain) {
    double paid = c->leg_fixed + order_money(c, order, LEG_PRICE) * (double)km * share;
    return paid * (1.0 + strain) + order_money(c, order, LEG_CARBON) * (double)km * share;
}

/* Whether the cheapest week of start..end has room for all the minutes: then that week alone is
 * no worse than the block. */
static inline bool one_is_enough(const i64 *room, const double *price, i64 start, i64 end,
                                 i64 minutes) {
    i64 cheapest = start;
    for (i64 week = start + 1; week <= end; week++)
        if (price[week] < price[cheapest] ||
            (price[week] == price[cheapest] && room[week] > room[cheapest]))
            cheapest = week;
    return room[cheapest] >= minutes;
}

/* Fill `best` of one entry from the weeks in which the lot can be ready (NULL: any). */
static bool finish_on_entry(const Columns *c, Workspace *w, i64 e, const double *ready,
                            double cutoff) {
    const i64 *room = w->room + e * c->weeks, minutes = w->lot_minutes[e];
    const double *price = w->price + e * c->weeks, work = w->lot_work[e];
    double *best = w->best + e * c->weeks;
    bool found = false;
    for (i64 week = w->early[e]; week <= w->late[e]; week++) best[week] = INF;
    for (i64 start = w->early[e]; start <= w->late[e]; start++) {
        double base = (ready ? ready[start] : 0.0) + work;
        if (base >= cutoff || room[start] < 1) continue;
        i64 last = least(start + c->block - 1, w->late[e]), sum = room[start];
        if (sum >= minutes) {
            double cost = base + price[start] * (double)minutes;
            if (cost < best[start] && cost < cutoff) {
                best[start] = cost;
                w->best_start[e * c->weeks + start] = start;
                found = true;
            }
        }
        for (i64 end = start + 1; end <= last; end++) {
            sum += room[end];
            if (sum < minutes || room[end] < 1 || minutes < 2 ||
                one_is_enough(room, price, start, end, minutes))
                continue;
            double cost = base + (end == start + 1 ? fill_two(room, price, start, minutes)
                                                   : fill(room, price, start, end, minutes, NULL));
            if (cost < best[end] && cost < cutoff) {
                best[end] = cost;
                w->best_start[e * c->weeks + end] = start;
                found = true;
            }
        }
    }
    return found;
}

/* Fill `best`: the cheapest way to end operation k on each entry in each week. */
static bool finish_operation(const Columns *c, Workspace *w, i64 k, i64 quantity, double cutoff) {
    bool found = false;
    for (i64 e = w->first[k]; e < w->first[k + 1]; e++) {
        const double *ready = k == 0 ? NULL : w->reach + (k * c->parks + w->park[e]) * c->weeks;
        if (w->min_lot[e] > quantity || w->early[e] > w->late[e] ||
            (ready ? ready[w->late[e]] : 0.0) + w->lot_work[e] >= cutoff - w->tail[k]) {
            for (i64 week = w->early[e]; week <= w->late[e]; week++)
                w->best[e * c->weeks + week] = INF;
            continue;
        }
        found |= finish_on_entry(c, w, e, ready, cutoff - w->tail[k]);
    }
    return found;
}

/* Work out the minutes and the cost of a lot on every entry, and the least that follows. */
static void load_lot(const Columns *c, Workspace *w, i64 quantity, double share, double strain) {
    i64 order = w->loaded[LOADED_ORDER];
    double tail = leg_charge(c, order, 0, share, strain);
    for (i64 k = w->loaded[LOADED_STEPS] - 1; k >= 0; k--) {
        double cheapest = INF;
        for (i64 e = w->first[k]; e < w->first[k + 1]; e++) {
            i64 minutes = lot_minutes(c, w, e, quantity);
            double paid = w->rate[e] * (double)minutes + w->quote[e] * share;
            w->lot_minutes[e] = minutes;
            w->lot_work[e] = paid * (1.0 + strain) + w->carbon[e] * (double)minutes;
            if (w->lot_work[e] < cheapest) cheapest = w->lot_work[e];
        }
        w->tail[k] = tail;
        tail += cheapest;
    }
}

static double *at_park(const Columns *c, double *table, i64 k, i64 park) {
    return table + (k * c->parks + park) * c->weeks;
}

/* Fill `done` of operation k: the cheapest way to have finished it at a park by each week. */
static void collect_parks(const Columns *c, Workspace *w, i64 k) {
    i64 weeks = c->weeks;
    for (i64 at = 0; at < w->park_count[k]; at++) {
        double *done = at_park(c, w->done, k, w->parks[k * c->parks + at]);
        for (i64 week = 0; week < weeks; week++) done[week] = INF;
    }
    for (i64 e = w->first[k]; e < w->first[k + 1]; e++) {
        double *done = at_park(c, w->done, k, w->park[e]);
        const double *best = w->best + e * weeks;
        for (i64 week = w->early[e]; week <= w->late[e]; week++)
            done[week] = best[week] < done[week] ? best[week] : done[week];
    }
    for (i64 at = 0; at < w->park_count[k]; at++) {
        double *done = at_park(c, w->done, k, w->parks[k * c->parks + at]);
        for (i64 week = 1; week < weeks; week++)
            if (done[week - 1] < done[week]) done[week] = done[week - 1];
    }
}

/* What the way between two parks costs and how long it takes. */
static double way_between(const Columns *c, i64 order, i64 from, i64 to, double share,
                          double strain, i64 *lag) {
    *lag = 0;
    if (from == to) return 0.0;
    *lag = between_parks(c, from, to, LAG);
    return leg_charge(c, order, between_parks(c, from, to, KM), share, strain);
}

/* Fill `reach` of operation k from `done` of the operation before it. */
static void travel(const Columns *c, Workspace *w, i64 k, double share, double strain) {
    i64 weeks = c->weeks, order = w->loaded[LOADED_ORDER], lag;
    for (i64 to_at = 0; to_at < w->park_count[k]; to_at++) {
        i64 to = w->parks[k * c->parks + to_at];
        double *restrict reach = at_park(c, w->reach, k, to);
        for (i64 week = 0; week < weeks; week++) reach[week] = INF;
        for (i64 at = 0; at < w->park_count[k - 1]; at++) {
            i64 park = w->parks[(k - 1) * c->parks + at];
            double leg = way_between(c, order, park, to, share, strain, &lag);
            const double *restrict done = at_park(c, w->done, k - 1, park);
            for (i64 week = lag; week < weeks; week++) {
                double cost = done[week - lag] + leg;
                reach[week] = cost < reach[week] ? cost : reach[week];
            }
        }
    }
}

/* The entry and week of operation k - 1, as entry x weeks + week, from which operation k is ready
 * at a park in a week; found again from the costs, which are equal to the last bit. */
static i64 came_from(const Columns *c, Workspace *w, i64 k, i64 to, i64 week, double share,
                     double strain) {
    double reach = at_park(c, w->reach, k, to)[week];
    for (i64 at = 0; at < w->park_count[k - 1]; at++) {
        i64 lag, park = w->parks[(k - 1) * c->parks + at];
        double leg = way_between(c, w->loaded[LOADED_ORDER], park, to, share, strain, &lag);
        if (week < lag || at_park(c, w->done, k - 1, park)[week - lag] + leg != reach) continue;
        double done = at_park(c, w->done, k - 1, park)[week - lag];
        for (i64 e = w->first[k - 1]; e < w->first[k]; e++) {
            i64 last = w->park[e] == park ? least(w->late[e], week - lag) : -1;
            for (i64 end = w->early[e]; end <= last; end++)
                if (w->best[e * c->weeks + end] == done) return e * c->weeks + end;
        }
    }
    return -1;
}

/* Choose the last entry and week, and follow the route back to its start. */
static double choose_end(const Columns *c, Workspace *w, double share, double strain,
                         i64 tardy_paid) {
    i64 order = w->loaded[LOADED_ORDER], last = w->loaded[LOADED_STEPS] - 1, weeks = c->weeks;
    i64 due = order_number(c, order, DUE) + tardy_paid, chosen = -1;
    double cheapest = INF;
    for (i64 e = w->first[last]; e < w->first[last + 1]; e++) {
        i64 lag = way_to_buyer(c, order, w->park[e], LAG);
        double leg =
            leg_charge(c, order, way_to_buyer(c, order, w->park[e], KM), share, strain);
        for (i64 week = w->early[e]; week <= w->late[e]; week++) {
            double late = (double)most(0, week + lag - due);
            double cost = w->best[e * weeks + week] + leg + late * order_money(c, order, TARDY_COST);
            if (cost < cheapest) {
                cheapest = cost;
                chosen = e * weeks + week;
            }
        }
    }
    for (i64 k = last; chosen >= 0 && k >= 0; k--) {
        i64 e = chosen / weeks, start = w->best_start[chosen];
        i64 *pick = w->pick + k * PICK_WIDTH;
        pick[PICK_ENTRY] = e;
        pick[PICK_START] = start;
        pick[PICK_END] = chosen % weeks;
        if (k > 0) chosen = came_from(c, w, k, w->park[e], start, share, strain);
    }
    return cheapest;
}

/* Find the cheapest route of a lot in the workspace; write it to `pick`.
 *
 * `strain` > 0 looks for a lower price: money paid by the buyer counts 1 + strain times.
 * `tardy_paid` is the weeks of tardiness that another lot of the order has already cost.
 * Returns its charge, tardiness and strain included; INF when there is none below `cutoff`. */
double cheapest_route(const Columns *c, Workspace *w, i64 quantity, double strain, i64 tardy_paid,
                      double cutoff) {
    double share = (double)quantity / (double)order_number(c, w->loaded[LOADED_ORDER], QUANTITY);
    load_lot(c, w, quantity, share, strain);
    for (i64 k = 0; k < w->loaded[LOADED_STEPS]; k++) {
        if (k > 0) {
            collect_parks(c, w, k - 1);
            travel(c, w, k, share, strain);
        }
        if (!finish_operation(c, w, k, quantity, cutoff)) return INF;
    }
    return choose_end(c, w, share, strain, tardy_paid);
}

/* The first week in which an entry can have done some minutes, from a week on; NO_WEEK if none. */
static i64 first_end(const Columns *c, const Workspace *w, i64 e, i64 from, i64 minutes) {
    const i64 *room = w->room + e * c->weeks;
    i64 late = w->late[e], found = NO_WEEK;
    for (i64 start = from; start <= late && start < found; start++) {
        if (room[start] < 1) continue;
        i64 last = least(start + c->block - 1, least(late, found - 1)), sum = 0;
        for (i64 end = start; end <= last; end++) {
            sum += room[end];
            if (sum < minutes || room[end] < 1) continue;
            found = end;
            break;
        }
    }
    return found;
}

/* Whether a lot of so many pieces has a route in the workspace at all, whatever it costs: each
 * operation is done as early as it can be at each park. */
bool route_fits(const Columns *c, Workspace *w, i64 quantity) {
    i64 *arrive = w->arrive, *leave = w->leave;
    bool fits = false;
    for (i64 k = 0; k < w->loaded[LOADED_STEPS]; k++) {
        const i64 *parks = w->parks + k * c->parks, *before = parks - c->parks;
        for (i64 at = 0; k > 0 && at < w->park_count[k]; at++) {
            arrive[parks[at]] = NO_WEEK;
            for (i64 from = 0; from < w->park_count[k - 1]; from++) {
                i64 lag = before[from] == parks[at]
                              ? 0
                              : between_parks(c, before[from], parks[at], LAG);
                arrive[parks[at]] = least(arrive[parks[at]], leave[before[from]] + lag);
            }
        }
        for (i64 at = 0; at < w->park_count[k]; at++) leave[parks[at]] = NO_WEEK;
        fits = false;
        for (i64 e = w->first[k]; e < w->first[k + 1]; e++) {
            i64 from = k > 0 ? most(w->early[e], arrive[w->park[e]]) : w->early[e];
            if (w->min_lot[e] > quantity || from > w->late[e]) continue;
            i64 end = first_end(c, w, e, from, lot_minutes(c, w, e, quantity));
            leave[w->park[e]] = least(leave[w->park[e]], end);
            fits |= end < NO_WEEK;
        }
        if (!fits) return false;
    }
    return fits;
}

/* Take the minutes of operation k from every entry of the same offer, but for the entries of
 * operation `sparing` (-1: none). */
static void take(const Columns *c, Workspace *w, i64 k, i64 sparing) {
    const i64 *pick = w->pick + k * PICK_WIDTH, *minutes = w->minutes + k * c->block;
    i64 length = pick[PICK_END] - pick[PICK_START] + 1, offer = w->offer[pick[PICK_ENTRY]];
    for (i64 other = 0; other < w->loaded[LOADED_STEPS]; other++) {
        if (other == sparing) continue;
        for (i64 e = w->first[other]; e < w->first[other + 1]; e++) {
            if (w->offer[e] != offer) continue;
            i64 *room = w->room + e * c->weeks + pick[PICK_START];
            for (i64 at = 0; at < length; at++) room[at] -= minutes[at];
        }
    }
}

/* Write the minutes of the picked route and take them from the workspace. Returns -1 when all
 * fit, else the first operation that does not: an earlier one has taken its minutes. */
static i64 settle_route(const Columns *c, Workspace *w, i64 quantity) {
    for (i64 k = 0; k < w->loaded[LOADED_STEPS]; k++) {
        const i64 *pick = w->pick + k * PICK_WIDTH;
        i64 e = pick[PICK_ENTRY], *minutes = w->minutes + k * c->block;
        memset(minutes, 0, (size_t)c->block * sizeof(i64));
        const i64 *room = w->room + e * c->weeks;
        const double *price = w->price + e * c->weeks;
        if (fill(room, price, pick[PICK_START], pick[PICK_END], lot_minutes(c, w, e, quantity),
                 minutes) == INF)
            return k;
        take(c, w, k, -1);
    }
    return -1;
}

/* Find a route for a lot and take its minutes; false, and nothing taken, when none is found.
 *
 * When two operations of the lot want the same minutes, the later one is told to do without what
 * the earlier one took, and the search is repeated a few times. */
bool place_lot(const Columns *c, Workspace *w, i64 quantity, double strain, i64 tardy_paid,
               double cutoff) {
    size_t size = (size_t)(w->loaded[LOADED_ENTRIES] * c->weeks) * sizeof(i64);
    if (cheapest_route(c, w, quantity, strain, tardy_paid, cutoff) == INF) return false;
    memcpy(w->room_kept, w->room, size);
    i64 failed = settle_route(c, w, quantity);
    for (int repair = 0; failed >= 0 && repair < REPAIRS_MAX; repair++) {
        memcpy(w->room, w->room_kept, size);
        for (i64 k = 0; k < failed; k++) take(c, w, k, k);
        double charge = cheapest_route(c, w, quantity, strain, tardy_paid, cutoff);
        memcpy(w->room, w->room_kept, size);
        if (charge == INF) return false;
        failed = settle_route(c, w, quantity);
    }
    if (failed >= 0) memcpy(w->room, w->room_kept, size);
    return failed < 0;
}
