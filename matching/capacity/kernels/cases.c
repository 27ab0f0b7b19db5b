/* The cases of the branching: what they take from the lots, and what to branch on.
 *
 * Where the best combination would use an offer-week twice over, there are two cases: one unit (a
 * lot and an entry) takes at most x of its minutes, or at least x + 1, which the others then lack.
 * Where it pays more than the price cap, there are two: a lot has an operation made on an offer, or
 * not. Where it leaves open how large a lot is, there are three: smaller, in the interval, larger.
 * In each case every unit keeps a room and a span of its own.
 */
#include "bounding.h"

#include <string.h>

static i64 *table_of(const Task *t, i64 lot) {
    return t->r->room + (1 + lot) * t->entries * t->weeks;
}

/* Let a unit take at most `limit` minutes in a week. */
static void limit_unit(Task *t, i64 lot, i64 e, i64 week, i64 limit) {
    i64 place = e * t->weeks + week, *table = table_of(t, lot);
    if (t->room[lot][place] <= limit) return;
    if (!t->copied[lot]) memcpy(table, t->r->room, sizeof(i64) * (size_t)(t->entries * t->weeks));
    t->copied[lot] = true;
    t->room[lot] = table;
    if (table[place] == t->r->room[place])
        t->r->limited[lot * t->entries * t->weeks + t->limited[lot]++] = place;
    table[place] = limit;
    t->changed[lot] = true;
}

/* Give every lot back the minutes that cases took. */
void end_limits(Task *t) {
    for (i64 lot = 0; lot < LOTS; lot++) {
        for (i64 at = 0; at < t->limited[lot]; at++) {
            i64 place = t->r->limited[lot * t->entries * t->weeks + at];
            table_of(t, lot)[place] = t->r->room[place];
        }
        t->limited[lot] = 0;
        t->room[lot] = t->r->room;
    }
    for (i64 at = 0; at < t->taken; at++) t->r->taken[t->r->taken_at[at]] = 0;
    t->taken = 0;
    for (i64 lot = 0; lot < LOTS; lot++) t->hopeless[lot] = (Hopeless){0};
    t->lifted = false;
}

/* Give the first lot endless minutes wherever an offer has any. */
void lift_limits(Task *t) {
    enum { ENDLESS = INT32_MAX };
    i64 *table = table_of(t, 0);
    end_limits(t);
    for (i64 e = 0; e < t->entries; e++) {
        const i64 *idle = t->c->idle + t->r->entries[e].offer * t->weeks;
        for (i64 week = 0; week < t->weeks; week++)
            table[e * t->weeks + week] = idle[week] > 0 ? ENDLESS : 0;
    }
    t->copied[0] = false;
    t->lifted = true;
    t->room[0] = table;
}

static i64 unit_of(const Task *t, i64 lot, i64 e, i64 week) {
    return (lot * t->entries + e) * t->weeks + week;
}

/* Limit the unit of a node (case 0), or let it take minutes that all others lack (case 1). */
static void limit_units(Task *t, const Node *node, i64 which) {
    const Entry *one = &t->r->entries[node->entry];
    i64 unit = unit_of(t, node->lot, node->entry, node->week), sum = 0;
    if (which == 0) {
        limit_unit(t, node->lot, node->entry, node->week, node->low);
        return;
    }
    if (t->r->taken[unit] == 0) t->r->taken_at[t->taken++] = unit;
    t->r->taken[unit] = most(t->r->taken[unit], node->low + 1);
    for (i64 lot = 0; lot < t->lots; lot++)
        for (i64 e = one->lead; e >= 0; e = t->r->entries[e].next)
            sum += t->r->taken[unit_of(t, lot, e, node->week)];
    i64 left = t->c->idle[one->offer * t->weeks + node->week] - sum;
    for (i64 lot = 0; lot < t->lots; lot++) {
        for (i64 e = one->lead; e >= 0; e = t->r->entries[e].next) {
            i64 mine = t->r->taken[unit_of(t, lot, e, node->week)];
            limit_unit(t, lot, e, node->week, most(0, left + mine));
        }
    }
}

/* Take an offer from a lot (case 0) or all others that could make the operation (case 1). */
static void limit_offers(Task *t, const Node *node, i64 which) {
    const Row *row = t->r->rows;
    while (row->end <= node->entry) row++;
    for (i64 e = row->first; e < row->end; e++)
        for (i64 week = 0; week < t->weeks && (e == node->entry) == (which == 0); week++)
            limit_unit(t, node->lot, e, week, 0);
}

/* End an operation of a lot before a week plus a block (case 0), or start it after it (case 1). */
static void limit_weeks(Task *t, const Node *node, i64 which) {
    const Row *row = t->r->rows;
    while (row->end <= node->entry) row++;
    i64 from = which == 0 ? node->week + t->c->block : 0;
    i64 to = which == 0 ? t->weeks : node->week + 1;
    for (i64 e = row->first; e < row->end; e++)
        for (i64 week = from; week < to; week++) limit_unit(t, node->lot, e, week, 0);
}

static void apply_case(Task *t, i64 at, const Node *node, i64 which) {
    i64 *span = span_of(t, at, node->lot);
    if (node->kind == MINUTES) {
        limit_units(t, node, which);
    } else if (node->kind == OFFER) {
        limit_offers(t, node, which);
    } else if (node->kind == WEEKS) {
        limit_weeks(t, node, which);
    } else if (which == 0) {
        span[1] = least(span[1], node->low - 1);
    } else if (which == 1) {
        span[0] = most(span[0], node->low);
        span[1] = least(span[1], node->high);
    } else {
        span[0] = most(span[0], node->high + 1);
    }
}

/* Set the minutes and the spans of all lots as the cases up to the root say. */
void apply_cases(Task *t, i64 node) {
    const Node *nodes = t->r->nodes;
    end_limits(t);
    for (i64 lot = 0; lot < t->lots; lot++) {
        /* lots are numbered from the largest to the smallest */
        span_of(t, node, lot)[0] = lot > 0 ? 1 : (t->whole + t->lots - 1) / t->lots;
        span_of(t, node, lot)[1] = (t->whole - (t->lots - 1 - lot)) / (lot + 1);
    }
    i64 parent = nodes[node].parent;
    for (i64 at = parent; at >= 0 && nodes[at].parent >= 0; at = nodes[at].parent)
        apply_case(t, node, &nodes[nodes[at].parent], nodes[at].which);
    for (i64 lot = 0; lot < LOTS; lot++) t->changed[lot] = false;
    if (parent >= 0) apply_case(t, node, &nodes[parent], nodes[node].which);
}

/* The minutes that all lots find of an offer in a week. */
static i64 room_found(const Task *t, const Entry *one, i64 week) {
    i64 room = 0, idle = t->c->idle[one->offer * t->weeks + week];
    for (i64 lot = 0; lot < t->lots; lot++)
        for (i64 e = one->lead; e >= 0; e = t->r->entries[e].next)
            room += t->room[lot][e * t->weeks + week];
    return least(room, idle);
}

/* Whether a unit must take more than it can have, or operations that share their offers need more
 * than these have in all weeks. */
bool is_impossible(const Task *t) {
    for (i64 at = 0; at < t->taken; at++) {
        i64 unit = t->r->taken_at[at], lot = unit / (t->entries * t->weeks);
        if (t->r->taken[unit] > t->room[lot][unit % (t->entries * t->weeks)]) return true;
    }
    for (i64 k = 0; k < t->steps; k++) {
        const Row *row = &t->r->rows[k];
        i64 found = 0;
        for (i64 e = row->first; e < row->end && found < row->need; e++)
            for (i64 week = 0; week < t->weeks; week++)
                found += room_found(t, &t->r->entries[e], week);
        if (found < row->need) return true;
    }
    return false;
}

/* The minutes that all lots use of the offer-week of a use, beyond what there is. */
static i64 overuse(const Task *t, const Use *use) {
    const Entry *one = &t->r->entries[use->entry];
    return t->r->total_use[one->lead * t->weeks + use->week] -
           t->c->idle[one->offer * t->weeks + use->week];
}

/* Choose the most overused offer-week, and the unit that uses most beyond what it is known to
 * take: one limit cuts its use off, the other is news. */
static void worst_conflict(const Task *t, Node *node) {
    i64 worst = 0, mine = 0;
    for (i64 at = 0; at < t->uses; at++) {
        const Use *use = &t->r->uses[at];
        i64 over = overuse(t, use), idle = t->c->idle[t->r->entries[use->entry].offer * t->weeks +
                                                      use->week];
        i64 known = t->r->taken[unit_of(t, use->lot, use->entry, use->week)];
        if (over <= 0 || over < worst || use->minutes <= known) continue;
        if (over == worst && use->minutes - known <= mine) continue;
        worst = over;
        mine = use->minutes - known;
        node->kind = MINUTES;
        node->lot = use->lot;
        node->entry = use->entry;
        node->week = use->week;
        node->low = least(use->minutes - 1, most(known, idle * use->minutes / (over + idle)));
    }
}

/* Choose the lot whose size is least known. */
static void widest_cell(const Task *t, Node *node) {
    i64 widest = 0;
    for (i64 lot = 0; lot < t->lots; lot++) {
        const i64 *pieces = cell_of(t, lot, t->made[1 + lot]);
        if (pieces[1] - pieces[0] <= widest) continue;
        widest = pieces[1] - pieces[0];
        node->kind = PIECES;
        node->lot = lot;
        node->low = pieces[0];
        node->high = pieces[1];
    }
}

/* The least that an entry is paid for the least pieces of the last combination. */
static i64 pay(const Task *t, i64 lot, const Entry *one) {
    i64 pieces = cell_of(t, lot, t->made[1 + lot])[0];
    return one->rate * minutes_of(t, one, pieces) + one->quote * pieces / t->whole;
}

/* Whether a lot may be made on an entry. */
static bool is_open(const Task *t, i64 lot, i64 e) {
    if (t->r->entries[e].min_lot > cell_of(t, lot, t->counts[lot] - 1)[1]) return false;
    for (i64 week = 0; week < t->weeks; week++)
        if (t->room[lot][e * t->weeks + week] > 0) return true;
    return false;
}

/* Choose the picked offer that is paid most above the cheapest other one. */
static void dearest_offer(const Task *t, Node *node) {
    i64 saved_most = -NEVER;
    for (i64 lot = 0; lot < t->lots; lot++) {
        for (i64 k = 0; k < t->steps; k++) {
            i64 picked = t->r->picks[lot * t->steps + k].entry, other = NEVER;
            for (i64 e = t->r->rows[k].first; e < t->r->rows[k].end; e++)
                if (e != picked && is_open(t, lot, e))
                    other = least(other, pay(t, lot, &t->r->entries[e]));
            if (other == NEVER) continue;
            i64 saved = pay(t, lot, &t->r->entries[picked]) - other;
            if (saved <= saved_most) continue;
            saved_most = saved;
            node->kind = OFFER;
            node->lot = lot;
            node->entry = picked;
            node->week = node->low = node->high = 0;
        }
    }
}

/* How many cases a node has. */
i64 cases_of(const Node *node) { return node->kind == PIECES ? 3 : 2; }

static Sample *sample_of(const Task *t, i64 at, i64 lot, i64 k) {
    return &t->r->samples[((at % SAMPLES) * LOTS + lot) * t->steps + k];
}

/* Note what every operation of the last combination uses. */
void sample_uses(Task *t) {
    i64 now = t->samples++;
    for (i64 lot = 0; lot < t->lots; lot++)
        for (i64 k = 0; k < t->steps; k++)
            *sample_of(t, now, lot, k) = (Sample){
                .entry = t->r->picks[lot * t->steps + k].entry,
                .first = t->weeks,
                .last = -1,
                .fewest = cell_of(t, lot, t->made[1 + lot])[0],
                .largest = cell_of(t, lot, t->made[1 + lot])[1],
            };
    for (i64 at = 0; at < t->uses; at++) {
        const Use *use = &t->r->uses[at];
        i64 k = 0;
        while (t->r->rows[k].end <= use->entry) k++;
        Sample *sample = sample_of(t, now, use->lot, k);
        sample->first = least(sample->first, use->week);
        sample->last = most(sample->last, use->week);
    }
}

/* How many of the samples differ from the most frequent offer of an operation. */
static i64 mixed_offers(const Task *t, i64 lot, i64 k, i64 from, i64 *entry) {
    i64 most_often = 0;
    for (i64 at = from; at < t->samples; at++) {
        i64 often = 0;
        for (i64 other = from; other < t->samples; other++)
            often += sample_of(t, other, lot, k)->entry == sample_of(t, at, lot, k)->entry;
        if (often <= most_often) continue;
        most_often = often;
        *entry = sample_of(t, at, lot, k)->entry;
    }
    return t->samples - from - most_often;
}

/* How many of the samples a limit on the weeks of an operation rules out in either case. */
static i64 mixed_weeks(const Task *t, i64 lot, i64 k, i64 from, i64 *week) {
    i64 found = 0;
    for (i64 at = from; at < t->samples; at++) {
        i64 start = sample_of(t, at, lot, k)->first, early = 0, late = 0;
        for (i64 other = from; other < t->samples; other++) {
            early += sample_of(t, other, lot, k)->first <= start;
            late += sample_of(t, other, lot, k)->last >= start + t->c->block;
        }
        if (least(early, late) <= found) continue;
        found = least(early, late);
        *week = start;
    }
    return found;
}

/* Choose what differs most between the combinations that the multipliers weigh against each
 * other: the offer of an operation, or the weeks beyond the length of a block. */
void choose_mixed(const Task *t, Node *node) {
    i64 from = most(t->samples / 2, t->samples - SAMPLES), mixed = 0;
    node->kind = NOTHING;
    node->mixed = false;
    for (i64 lot = 0; lot < t->lots; lot++) {
        for (i64 k = 0; k < t->steps; k++) {
            i64 entry = t->r->rows[k].first, week = 0;
            i64 offers = mixed_offers(t, lot, k, from, &entry);
            i64 weeks = mixed_weeks(t, lot, k, from, &week);
            if (most(offers, weeks) <= mixed) continue;
            mixed = most(offers, weeks);
            node->kind = offers >= weeks ? OFFER : WEEKS;
            node->lot = lot;
            node->entry = entry;
            node->week = offers >= weeks ? 0 : week;
            node->low = node->high = 0;
            node->mixed = true;
        }
    }
}

/* Choose what the cases of a node are about, after its minutes have been traced. */
void choose_cases(Task *t, Node *node) {
    i64 cap = t->g->orders[t->order * G_ORDER_WIDTH + G_CAP];
    Node found = *node;
    found.kind = NOTHING;
    worst_conflict(t, &found);
    bool used_twice = found.kind == MINUTES, dear = price_paid(t) > cap;
    if (node->mixed && (used_twice || dear)) return;
    *node = found;
    node->mixed = false;
    if (!used_twice && dear) dearest_offer(t, node);
    if (node->kind == NOTHING && spare_pieces(t) > 0) widest_cell(t, node);
}

/* Choose the worst conflict instead of what is mixed; false when there is none. */
bool choose_other(Task *t, Node *node) {
    Node found = *node;
    found.kind = NOTHING;
    worst_conflict(t, &found);
    if (!node->mixed || found.kind == NOTHING) return false;
    *node = found;
    node->mixed = false;
    return true;
}
