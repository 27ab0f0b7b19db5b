/* The least that serving one order can cost, bounded in whole numbers by branching. */
#include "bounding.h"

#include <string.h>

enum { EFFORT_STEPS, EFFORT_NODES, EFFORT_CELLS, EFFORT_NODE_STEPS };

/* Take over what the parent knows of a lot: its costs bound those of its cases. */
static void inherit(Task *t, i64 node, i64 lot) {
    i64 parent = t->r->nodes[node].parent;
    size_t cells = (size_t)t->counts[lot];
    for (i64 level = 0; level < t->levels; level++)
        memcpy(costs_of(t, node, lot, level), costs_of(t, parent, lot, level), cells * sizeof(i64));
    if (t->changed[lot]) memset(exact_of(t, node, lot), 0, cells * sizeof(i32));
    else memcpy(exact_of(t, node, lot), exact_of(t, parent, lot), cells * sizeof(i32));
}

/* Return the cost of a node under the multipliers in force, NEVER from the threshold on. */
static i64 evaluate(Task *t, i64 node) {
    const Node *nodes = t->r->nodes;
    i64 parent = nodes[node].parent;
    bool known = parent >= 0 && t->loaded >= 0 && nodes[parent].priced == t->loaded;
    t->r->nodes[node].priced = -1;
    t->cut = t->threshold + t->worth;
    apply_cases(t, node);
    if (is_impossible(t)) return NEVER;
    for (i64 lot = 0; lot < t->lots; lot++) {
        make_cells(t, node, lot);
        const i64 *span = span_of(t, node, lot);
        const i64 *before = known ? span_of(t, parent, lot) : span;
        if (known && span[0] == before[0] && span[1] == before[1]) inherit(t, node, lot);
        else bound_cells(t, node, lot);
    }
    i64 cost = combine(t, node);
    t->r->nodes[node].priced = t->loaded;
    return cost < NEVER ? cost - t->worth : NEVER;
}

/* Restore a node under its own multipliers, and find the minutes that it would use. */
static void revisit(Task *t, i64 node) {
    const Node *now = &t->r->nodes[node];
    load_duals(t, now->duals);
    if (now->priced == now->duals) {
        t->cut = t->threshold + t->worth;
        apply_cases(t, node);
        for (i64 lot = 0; lot < t->lots; lot++) make_cells(t, node, lot);
        combine(t, node);
    } else {
        evaluate(t, node);
    }
    trace_uses(t, node);
}

/* Look for multipliers that raise the cost of a node; keep the best. */
static void improve_duals(Task *t, i64 node, i64 steps, i64 budget) {
    Node *now = &t->r->nodes[node];
    bool mine = false;
    now->improved = true;
    if (steps > 0) revisit(t, node);
    t->samples = 0;
    for (i64 step = 0; step < steps; step++, budget = budget * 9 / 10) {
        bool strained = raise_strain(t, budget);
        sample_uses(t);
        if (!raise_own(t, budget) && !strained) break;
        update_worth(t);
        i64 cost = evaluate(t, node);
        if (cost > now->cost) {
            t->duals -= mine; /* in place of the ones before */
            if (!keep_duals(t)) {
                t->duals += mine;
                break;
            }
            mine = true;
            now->cost = cost;
            now->duals = t->loaded;
            now->priced = cost < NEVER ? t->loaded : -1;
        }
        if (cost == NEVER) return;
        trace_uses(t, node);
    }
    choose_mixed(t, now);
}

/* Whether no combination of a node can keep the price cap. */
static bool is_too_dear(Task *t, i64 node) {
    i64 cap = t->g->orders[t->order * G_ORDER_WIDTH + G_CAP];
    i64 *price = t->r->price, threshold = t->threshold;
    if (price_paid(t) <= cap) return false;
    forget_own(t);
    set_price_alone(t);
    t->r->price = t->r->nothing;
    t->threshold = cap + 1;
    i64 cost = evaluate(t, node);
    t->threshold = threshold;
    t->r->price = price;
    return cost == NEVER;
}

/* Settle what the cases of a node are about, or raise its cost. Returns whether it has cases. */
static bool settle(Task *t, i64 node) {
    Node *now = &t->r->nodes[node];
    revisit(t, node);
    for (bool plain = now->duals == NO_DUALS;; plain = true) {
        choose_cases(t, now);
        if (is_too_dear(t, node)) {
            now->cost = NEVER;
            now->duals = PRICE_ALONE;
            return false;
        }
        if (now->kind != NOTHING || plain) return now->kind != NOTHING;
        /* nothing is used twice: without multipliers it may cost more */
        load_duals(t, NO_DUALS);
        i64 cost = evaluate(t, node);
        if (cost > now->cost) {
            now->cost = cost;
            now->duals = NO_DUALS;
            return false;
        }
        trace_uses(t, node);
    }
}

static i64 cheapest_open(const Task *t, i64 made) {
    const Node *nodes = t->r->nodes;
    i64 chosen = -1;
    for (i64 node = 0; node < made; node++)
        if (nodes[node].open && (chosen < 0 || nodes[node].cost < nodes[chosen].cost))
            chosen = node;
    return chosen;
}

static void add_node(Task *t, i64 node, i64 parent, i64 which) {
    Node *now = &t->r->nodes[node];
    *now = (Node){.parent = parent, .which = which, .open = true, .priced = -1};
    now->duals = parent < 0 ? NO_DUALS : t->r->nodes[parent].duals;
    load_duals(t, now->duals);
    now->cost = evaluate(t, node);
}

/* Add the cases of a node; return how much their costs rise, the least counting most. */
static i64 add_cases(Task *t, i64 node, i64 made) {
    const Node *nodes = t->r->nodes;
    i64 low = NEVER, high = 0;
    for (i64 which = 0; which < cases_of(&nodes[node]); which++) {
        add_node(t, made + which, node, which);
        i64 gain = least(nodes[made + which].cost, t->threshold) - nodes[node].cost;
        low = least(low, gain);
        high = most(high, gain);
    }
    return 5 * low + high;
}

/* Add the cases of a node, by what is mixed or by the worst conflict, whatever raises costs more;
 * return how many. */
static i64 expand(Task *t, i64 node, i64 made) {
    Node *now = &t->r->nodes[node], mixed = *now, other = *now;
    now->open = false;
    if (!choose_other(t, &other)) {
        add_cases(t, node, made);
        return cases_of(now);
    }
    mixed.open = other.open = false;
    i64 gain = add_cases(t, node, made);
    mixed.priced = other.priced = now->priced;
    *now = other;
    if (add_cases(t, node, made) <= 5 * gain) {
        *now = mixed;
        add_cases(t, node, made);
    }
    return cases_of(now);
}

/* Branch from the root until the bound is exact, useless or the nodes are spent; return the node
 * that is left with the least cost. */
static i64 branch(Task *t, const i64 *effort) {
    Node *nodes = t->r->nodes;
    i64 value = t->g->orders[t->order * G_ORDER_WIDTH + G_VALUE];
    add_node(t, 0, -1, 0);
    t->plain = nodes[0].cost;
    for (t->nodes = 1;;) {
        i64 node = cheapest_open(t, t->nodes), before = nodes[node].cost;
        if (before >= t->threshold) return node;
        if (!nodes[node].improved) {
            i64 steps = effort[node == 0 ? EFFORT_STEPS : EFFORT_NODE_STEPS];
            improve_duals(t, node, steps, node == 0 ? value / 8 : value / 64);
            continue;
        }
        if (t->nodes + 3 > effort[EFFORT_NODES]) return node;
        if (settle(t, node)) t->nodes += expand(t, node, t->nodes);
        else if (nodes[node].cost == before) return node;
    }
}

/* Return a bound on the cost of any number of lots, under the multipliers in force.
 *
 * Without limits on the minutes of a week, a lot of a share f costs at least fixed + f x variable
 * of its route, and the sum of f x (fixed + variable) is at least the cheapest route of all. */
static i64 many_lots(Task *t) {
    lift_limits(t);
    t->lots = 1;
    t->cut = t->threshold + t->worth;
    span_of(t, 0, 0)[0] = span_of(t, 0, 0)[1] = t->whole;
    make_cells(t, 0, 0);
    bound_cells(t, 0, 0);
    i64 cost = combine(t, 0);
    return cost == NEVER ? NEVER : cost - t->worth;
}

/* Keep the minutes of the last combination as those of the cheapest one. */
static void keep_uses(Task *t) {
    t->uses_best = t->uses;
    memcpy(t->r->uses_best, t->r->uses, sizeof(Use) * (size_t)t->uses);
}

/* Copy the tree of a number of lots. */
static void write_proof(const Task *t, i64 lots) {
    const Relaxed *r = t->r;
    Proof *proof = t->proof;
    i64 *numbers = proof->numbers + (lots - 1) * PROOF_WIDTH;
    numbers[PROOF_PLAIN] = t->plain;
    numbers[PROOF_NODES] = t->nodes;
    numbers[PROOF_DUALS] = t->duals;
    memcpy(proof->nodes + (lots - 1) * r->nodes_most, r->nodes, sizeof(Node) * (size_t)t->nodes);
    memcpy(proof->duals + (lots - 1) * (r->nodes_most + 1), r->duals,
           sizeof(Duals) * (size_t)t->duals);
    memcpy(proof->owns + (lots - 1) * r->owns_most, r->owns,
           sizeof(Own) * (size_t)r->duals[t->duals - 1].end);
}

/* Take more lots into account: without multipliers, or under those of the root of three lots. */
static void bound_many_lots(Task *t, bool used) {
    i64 root = most(NO_DUALS, t->r->nodes[0].duals), chosen = NO_DUALS;
    t->granted = t->granted / LOTS * order_number(t->c, t->order, MAX_LOTS);
    t->loaded = -1;
    load_duals(t, NO_DUALS);
    i64 plain = many_lots(t), cost = plain;
    if (root != NO_DUALS && plain < t->threshold) {
        load_duals(t, root);
        cost = many_lots(t);
        chosen = cost > plain ? root : NO_DUALS;
        cost = most(cost, plain);
    }
    if (t->proof) {
        i64 *numbers = t->proof->numbers + LOTS * PROOF_WIDTH;
        numbers[PROOF_PLAIN] = plain;
        numbers[PROOF_DUALS] = chosen;
    }
    if (cost >= t->threshold) return;
    if (used) {
        load_duals(t, chosen);
        many_lots(t); /* writes the combination again, below the threshold that was */
        trace_uses(t, 0);
        keep_uses(t);
    }
    t->threshold = cost;
}

/* Return a bound on the least cost of serving the order, at most its value. */
static i64 least_cost(Task *t, const i64 *effort, bool used) {
    i64 lots_most = order_number(t->c, t->order, MAX_LOTS);
    t->threshold = t->g->orders[t->order * G_ORDER_WIDTH + G_VALUE];
    for (i64 lots = 1; lots <= least(LOTS, lots_most); lots++) {
        start_lots(t, lots);
        i64 node = branch(t, effort);
        if (t->proof) write_proof(t, lots);
        if (t->r->nodes[node].cost >= t->threshold) continue;
        if (used) {
            revisit(t, node);
            keep_uses(t);
        }
        t->threshold = t->r->nodes[node].cost;
    }
    if (lots_most > LOTS) bound_many_lots(t, used);
    return t->threshold;
}

static void add_uses(const Task *t, i64 *use) {
    for (i64 at = 0; at < t->uses_best; at++) {
        const Use *one = &t->r->uses_best[at];
        use[t->r->entries[one->entry].offer * t->weeks + one->week] += one->minutes;
    }
}

EXPORT void bound_orders(const Columns *c, const Charges *g, Relaxed *r, const i64 *orders,
                         i64 count, const i64 *prices, const i64 *effort, i64 *earned, i64 *use);

/* Write to `earned` what each of the orders can earn at most at the prices, >= 0.
 *
 * `prices` are thousandths of a fen per minute; `effort` is the steps of the multipliers, the nodes
 * and the cells. Where `use` is given, the minutes of the cheapest combination of each order that
 * can earn something are added to it. */
EXPORT void bound_orders(const Columns *c, const Charges *g, Relaxed *r, const i64 *orders,
                         i64 count, const i64 *prices, const i64 *effort, i64 *earned, i64 *use) {
    Task task = {.c = c, .g = g, .r = r};
    r->cells_most = effort[EFFORT_CELLS];
    for (i64 at = 0; at < count; at++) {
        i64 order = orders[at];
        load_task(&task, order, prices);
        i64 cost = least_cost(&task, effort, use != 0);
        earned[order] = g->orders[order * G_ORDER_WIDTH + G_VALUE] - cost;
        if (use) add_uses(&task, use);
        unload_task(&task);
    }
}

EXPORT i64 prove_order(const Columns *c, const Charges *g, Relaxed *r, i64 order,
                       const i64 *prices, const i64 *effort, Proof *proof);

/* Bound one order as `bound_orders` does, and write down how; return its least cost. */
EXPORT i64 prove_order(const Columns *c, const Charges *g, Relaxed *r, i64 order,
                       const i64 *prices, const i64 *effort, Proof *proof) {
    Task task = {.c = c, .g = g, .r = r, .proof = proof};
    r->cells_most = effort[EFFORT_CELLS];
    load_task(&task, order, prices);
    i64 cost = least_cost(&task, effort, false);
    unload_task(&task);
    return cost;
}
