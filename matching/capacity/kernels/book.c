/* The plan while it is being made: who uses which minutes, and how to undo a change. */
#include <string.h>

#include "search.h"

static i64 base_slot(const Columns *c, i64 order) { return c->steps[order] * c->lots_max; }

/* Take (sign -1) or give back (+1) the minutes of a slot, and list it or not. */
static void link_slot(const Columns *c, Book *b, i64 slot, i64 sign) {
    const i64 *numbers = b->slots + slot * slot_width(c);
    i64 offer = c->entries[numbers[SLOT_ENTRY]];
    i64 *free = b->free + offer * c->weeks + numbers[SLOT_START], spent = 0;
    for (i64 at = 0; at < c->block; at++)
        if (numbers[SLOT_MINUTES + at] > 0) {
            free[at] += sign * numbers[SLOT_MINUTES + at];
            spent += numbers[SLOT_MINUTES + at];
        }
    b->spent[offer_number(c, offer, ENTERPRISE)] -= sign * spent;
    if (sign < 0) {
        i32 after = b->head[offer];
        b->head[offer] = (i32)slot;
        b->following[slot] = after;
        b->previous[slot] = -1;
        if (after >= 0) b->previous[after] = (i32)slot;
        return;
    }
    i32 before = b->previous[slot], after = b->following[slot];
    if (before >= 0)
        b->following[before] = after;
    else
        b->head[offer] = after;
    if (after >= 0) b->previous[after] = before;
}

static void link_all(const Columns *c, Book *b, i64 order, i64 sign) {
    i64 base = base_slot(c, order), slots = b->lots[order] * steps_of(c, order);
    for (i64 slot = base; slot < base + slots; slot++) link_slot(c, b, slot, sign);
}

void remove_order(const Columns *c, Book *b, i64 order) {
    link_all(c, b, order, 1);
    b->lots[order] = 0;
    b->profit[order] = 0.0;
}

/* Put the best lots of the workspace into the plan. */
static void enter_order(const Columns *c, Book *b, const Workspace *w, i64 lots) {
    i64 order = w->loaded[LOADED_ORDER], steps = w->loaded[LOADED_STEPS], width = slot_width(c);
    memcpy(b->quantities + order * c->lots_max, w->quantities_best, (size_t)lots * sizeof(i64));
    i64 *slots = b->slots + base_slot(c, order) * width;
    memcpy(slots, w->lots_best, (size_t)(lots * steps * width) * sizeof(i64));
    for (i64 at = 0; at < lots * steps; at++)
        slots[at * width + SLOT_ENTRY] = w->entry[slots[at * width + SLOT_ENTRY]];
    b->lots[order] = lots;
    b->profit[order] = w->worth[0];
    link_all(c, b, order, -1);
}

/* Whether the best lots of the workspace keep every enterprise within what it is allowed. */
static bool is_allowed(const Columns *c, const Book *b, const Workspace *w, i64 lots) {
    if (!b->allowed) return true;
    i64 slots = lots * w->loaded[LOADED_STEPS], width = slot_width(c);
    for (i64 one = 0; one < slots; one++) {
        i64 mine = offer_number(c, w->offer[w->lots_best[one * width + SLOT_ENTRY]], ENTERPRISE);
        i64 wanted = b->spent[mine];
        for (i64 other = 0; other < slots; other++) {
            const i64 *slot = w->lots_best + other * width;
            if (offer_number(c, w->offer[slot[SLOT_ENTRY]], ENTERPRISE) != mine) continue;
            for (i64 at = 0; at < c->block; at++) wanted += slot[SLOT_MINUTES + at];
        }
        if (wanted > b->allowed[mine]) return false;
    }
    return true;
}

/* Whether an order fits into the free minutes as these slots have it. */
static bool slots_fit(const Columns *c, const Book *b, const i64 *slots, i64 count) {
    i64 width = slot_width(c);
    for (i64 one = 0; one < count; one++) {
        const i64 *slot = slots + one * width;
        i64 offer = c->entries[slot[SLOT_ENTRY]];
        for (i64 at = 0; at < c->block; at++) {
            i64 wanted = slot[SLOT_MINUTES + at], week = slot[SLOT_START] + at;
            if (wanted == 0) continue;
            for (i64 other = 0; other < count; other++) {
                const i64 *also = slots + other * width;
                i64 then = week - also[SLOT_START];
                if (other != one && c->entries[also[SLOT_ENTRY]] == offer && then >= 0 &&
                    then < c->block)
                    wanted += also[SLOT_MINUTES + then];
            }
            if (wanted > b->free[offer * c->weeks + week]) return false;
        }
    }
    return true;
}

/* Serve a refused order as a plan of numbers does, if its minutes are free. */
bool enter_copied(const Columns *c, Book *b, const Copy *from, i64 order) {
    i64 width = slot_width(c), base = base_slot(c, order) * width, lots = from->lots[order];
    i64 slots = lots * steps_of(c, order);
    if (lots == 0 || !slots_fit(c, b, from->slots + base, slots)) return false;
    memcpy(b->slots + base, from->slots + base, (size_t)(slots * width) * sizeof(i64));
    memcpy(b->quantities + order * c->lots_max, from->quantities + order * c->lots_max,
           (size_t)lots * sizeof(i64));
    b->lots[order] = lots;
    b->profit[order] = from->profit[order];
    link_all(c, b, order, -1);
    return true;
}

/* Put a refused order on the free minutes if it is worth it; return its profit, else 0.
 *
 * Where a plan is to be kept, `given_profit` holds the penalty that is saved by keeping it. */
double insert_order(const Columns *c, Workspace *w, Book *b, i64 order, const double *prices,
                    double theta, int effort, Random *random) {
    load_order(c, w, order, b->free, prices, theta, choices_of(effort));
    i64 lots = plan_order(c, w, effort, INF, random);
    if (lots > 0 && !is_allowed(c, b, w, lots)) lots = 0;
    if (b->given_lots && (lots == 0 || b->given_profit[order] >= w->worth[0])) {
        Copy given = {b->given_lots, b->given_quantities, b->given_slots, b->given_profit};
        if (enter_copied(c, b, &given, order)) return b->profit[order];
    }
    if (lots == 0) return 0.0;
    enter_order(c, b, w, lots);
    return w->worth[0];
}

/* Remember an order as it is, unless this move has done so already. */
void note_order(const Columns *c, const Book *b, Journal *j, i64 order) {
    i64 at = 0, count = j->noted[0];
    while (at < count && j->orders[at] != order) at++;
    if (at < count) return;
    i64 width = slot_width(c), place = c->lots_max * width;
    i64 steps = steps_of(c, order);
    j->noted[0] = count + 1;
    j->orders[at] = order;
    j->lots[at] = b->lots[order];
    j->profit[at] = b->profit[order];
    memcpy(j->quantities + at * c->lots_max, b->quantities + order * c->lots_max,
           (size_t)b->lots[order] * sizeof(i64));
    memcpy(j->slots + at * place * j->noted[1], b->slots + base_slot(c, order) * width,
           (size_t)(b->lots[order] * steps * width) * sizeof(i64));
}

/* Make the plan what it was before the move. */
void undo(const Columns *c, Book *b, Journal *j) {
    i64 width = slot_width(c), place = c->lots_max * width;
    for (i64 at = 0; at < j->noted[0]; at++) remove_order(c, b, j->orders[at]);
    for (i64 at = 0; at < j->noted[0]; at++) {
        i64 order = j->orders[at];
        if (j->lots[at] == 0) continue;
        b->lots[order] = j->lots[at];
        b->profit[order] = j->profit[at];
        memcpy(b->quantities + order * c->lots_max, j->quantities + at * c->lots_max,
               (size_t)j->lots[at] * sizeof(i64));
        memcpy(b->slots + base_slot(c, order) * width, j->slots + at * place * j->noted[1],
               (size_t)(j->lots[at] * steps_of(c, order) * width) * sizeof(i64));
        link_all(c, b, order, -1);
    }
}

/* Copy how the plan serves an order to a plan of numbers alone. */
void copy_order(const Columns *c, const Book *b, const Copy *to, i64 order) {
    i64 width = slot_width(c), base = base_slot(c, order) * width;
    to->lots[order] = b->lots[order];
    to->profit[order] = b->profit[order];
    memcpy(to->quantities + order * c->lots_max, b->quantities + order * c->lots_max,
           (size_t)b->lots[order] * sizeof(i64));
    memcpy(to->slots + base, b->slots + base,
           (size_t)(b->lots[order] * steps_of(c, order) * width) * sizeof(i64));
}
