/* The multipliers of an order: a strain for its price cap, own prices for its own minutes. */
#include "bounding.h"

enum { OWN_MOST_FEN = 1000 }; /* largest price that an order puts on its own minutes */

static i64 place_of(const Task *t, i64 e, i64 week) {
    return t->r->entries[e].lead * t->weeks + week;
}

void forget_uses(Task *t) {
    for (i64 at = 0; at < t->uses; at++)
        t->r->total_use[place_of(t, t->r->uses[at].entry, t->r->uses[at].week)] = 0;
    t->uses = 0;
}

/* Note the cheapest fill of a picked block; of equal prices the earliest week. */
static void use_block(Task *t, i64 lot, Visit pick, i64 fewest) {
    const i64 *price = t->r->price + pick.entry * t->weeks;
    const i64 *room = t->room[lot] + pick.entry * t->weeks;
    i64 left = minutes_of(t, &t->r->entries[pick.entry], fewest), last_price = -1, last_week = -1;
    while (left > 0) {
        i64 week = -1;
        for (i64 at = pick.start; at <= pick.end; at++) {
            bool later = price[at] > last_price || (price[at] == last_price && at > last_week);
            if (later && (week < 0 || price[at] < price[week])) week = at;
        }
        i64 taken = least(left, room[week]);
        if (taken > 0) {
            t->r->uses[t->uses++] =
                (Use){.lot = lot, .entry = pick.entry, .week = week, .minutes = taken};
            t->r->total_use[place_of(t, pick.entry, week)] += taken;
        }
        left -= taken;
        last_price = price[week];
        last_week = week;
    }
}

/* Write the ways and the minutes of the last combination. */
void trace_uses(Task *t, i64 node) {
    forget_uses(t);
    for (i64 lot = 0; lot < t->lots; lot++) {
        trace_cell(t, node, lot);
        i64 fewest = cell_of(t, lot, t->made[1 + lot])[0];
        for (i64 k = 0; k < t->steps; k++)
            use_block(t, lot, t->r->picks[lot * t->steps + k], fewest);
    }
}

/* What the buyer would pay at least for the last combination, without strain. */
i64 price_paid(const Task *t) {
    const Columns *c = t->c;
    i64 per_km = t->g->orders[t->order * G_ORDER_WIDTH + G_LEG_PRICE], paid = 0;
    for (i64 lot = 0; lot < t->lots; lot++) {
        i64 fewest = cell_of(t, lot, t->made[1 + lot])[0], park = -1;
        for (i64 k = 0; k < t->steps; k++) {
            const Entry *one = &t->r->entries[t->r->picks[lot * t->steps + k].entry];
            paid += one->rate * minutes_of(t, one, fewest) + one->quote * fewest / t->whole;
            if (k > 0 && one->park != park)
                paid += t->g->leg_fixed +
                        per_km * between_parks(c, park, one->park, KM) * fewest / t->whole;
            park = one->park;
        }
        paid += t->g->leg_fixed + per_km * way_to_buyer(c, t->order, park, KM) * fewest / t->whole;
    }
    return paid;
}

/* Move the strain along the excess of the price over its cap; return whether it moved. */
bool raise_strain(Task *t, i64 budget) {
    i64 excess = price_paid(t) - t->g->orders[t->order * G_ORDER_WIDTH + G_CAP];
    if (excess <= 0 && t->strain == 0) return false;
    i64 unit = most(1, (excess < 0 ? -excess : excess) / STRAIN_ONE);
    i64 change = least(STRAIN_ONE, most(1, budget / unit));
    i64 before = t->strain, after = excess > 0 ? before + change : before - change;
    after = least(STRAIN_MOST, most(0, after));
    if (after == before) return false;
    set_strain(t, after);
    t->loaded = -1;
    return true;
}

/* Set an own price, and the prices of all entries with the offer. */
static void set_own(Task *t, i64 place, i64 own) {
    i64 more = own - t->r->own[place], week = place % t->weeks;
    t->r->own[place] = own;
    for (i64 e = place / t->weeks; e >= 0; e = t->r->entries[e].next)
        t->r->price[e * t->weeks + week] += more;
}

static i64 overuse(const Task *t, i64 place) {
    i64 offer = t->r->entries[place / t->weeks].offer;
    return t->r->total_use[place] - t->c->idle[offer * t->weeks + place % t->weeks];
}

/* Move the own prices along the overuse, for a gain of at most `budget`; false at the end. */
bool raise_own(Task *t, i64 budget) {
    Relaxed *r = t->r;
    i64 largest = t->g->scale * OWN_MOST_FEN, norm = 0;
    for (i64 at = 0; at < t->uses; at++) {
        i64 place = place_of(t, r->uses[at].entry, r->uses[at].week);
        if (r->listed[place] || overuse(t, place) <= 0) continue;
        r->listed[place] = 1;
        r->touched[t->touched++] = place;
    }
    for (i64 at = 0; at < t->touched; at++) {
        i64 over = overuse(t, r->touched[at]);
        if (over > 0 || r->own[r->touched[at]] > 0) norm += over * over;
    }
    if (norm == 0) return false;
    t->loaded = -1;
    i64 step = most(1, budget / norm);
    for (i64 at = 0; at < t->touched; at++) {
        i64 place = r->touched[at], over = overuse(t, place);
        if (over > 0 || r->own[place] > 0)
            set_own(t, place, least(largest, most(0, r->own[place] + step * over)));
    }
    return true;
}

/* Take off all own prices. */
void forget_own(Task *t) {
    for (i64 at = 0; at < t->touched; at++) {
        i64 place = t->r->touched[at];
        set_own(t, place, 0);
        t->r->listed[place] = 0;
    }
    t->touched = 0;
}

/* Keep the multipliers as they are under the next number; false when there is no room. */
bool keep_duals(Task *t) {
    Relaxed *r = t->r;
    i64 first = r->duals[t->duals - 1].end, end = first;
    if (t->duals > r->nodes_most || first + t->touched > r->owns_most) return false;
    for (i64 at = 0; at < t->touched; at++) {
        i64 place = r->touched[at];
        if (r->own[place] > 0) r->owns[end++] = (Own){.place = place, .parts = r->own[place]};
    }
    t->loaded = t->duals++;
    r->duals[t->loaded] = (Duals){.strain = t->strain, .first = first, .end = end};
    return true;
}

/* Put kept multipliers in force. */
void load_duals(Task *t, i64 duals) {
    Relaxed *r = t->r;
    if (t->loaded == duals) return;
    const Duals *kept = &r->duals[duals];
    forget_own(t);
    for (i64 at = kept->first; at < kept->end; at++) {
        r->listed[r->owns[at].place] = 1;
        r->touched[t->touched++] = r->owns[at].place;
        set_own(t, r->owns[at].place, r->owns[at].parts);
    }
    if (t->strain != kept->strain) set_strain(t, kept->strain);
    update_worth(t);
    t->loaded = duals;
}
