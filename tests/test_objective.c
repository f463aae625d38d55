/* The objective at the gathered point of the shards: its gradients, its schedule, accuracy. */
#include "test.h"

#include "base/rng.h"
#include "train/component.h"

enum { N = 7, D = 3, INPUTS = 4, C_MAX = 3 };

#define PLUS_ONE(name, text) +1
static const int32_t pairs[] = {0, 6, 3, 0, 4, 1};

/* Room for one gathered, with inputs of moderate size. */
typedef struct room {
    float h[N * D], logits[N * C_MAX], w[D * INPUTS];
    float d_h[N * D], d_logits[N * C_MAX], d_w[D * INPUTS], yhat[N * C_MAX], d_yhat[N * C_MAX];
    float rest[N * D], d_rest[N * D], d_hold[N * D];
    double error;
    int32_t labels[N];
    fa__gathered at;
    int32_t clusters[N];
} room;

static void fill(room *r, size_t c) {
    fa__rng rng;
    fa__rng_seed(&rng, 4, FA__STREAM_INIT, c);
    for (size_t i = 0; i < N * D; i++) r->h[i] = (float)fa__rng_normal(&rng);
    for (size_t i = 0; i < N * C_MAX; i++) r->logits[i] = (float)fa__rng_normal(&rng);
    for (size_t i = 0; i < D * INPUTS; i++) r->w[i] = (float)fa__rng_normal(&rng);
    for (size_t i = 0; i < N; i++) r->clusters[i] = (int32_t)(i % D);
    for (size_t i = 0; i < N; i++) r->labels[i] = (int32_t)(i * 5 % (c == 1 ? 2 : c));
    r->at = (fa__gathered){.n = N,
                           .d = D,
                           .c = c,
                           .inputs = INPUTS,
                           .h = r->h,
                           .logits = r->logits,
                           .w = r->w,
                           .labels = r->labels,
                           .d_h = r->d_h,
                           .d_logits = r->d_logits,
                           .d_w = r->d_w,
                           .yhat = r->yhat,
                           .d_yhat = r->d_yhat,
                           .rest = r->rest,
                           .d_rest = r->d_rest,
                           .d_hold = r->d_hold,
                           .pairs = pairs,
                           .n_pairs = 3,
                           .clusters = r->clusters,
                           .units = D};
}

static double total(const fa__objective *objective, double weight, const fa__gathered *at) {
    const fa__terms weights = {1, weight, objective->hold != FA__HOLD_NONE ? 0.7 : 0};
    fa__terms values;
    assert_ok(fa__objective_eval(&values, objective, &weights, at));
    return fa__objective_total(&weights, &values);
}

/* The gradient of `count` values by finite differences, sign included. Returns its largest entry.
 */
static double check(const char *what, float *x, const float *gradient, size_t count,
                    const fa__objective *objective, double weight, const fa__gathered *at) {
    float wanted[N * D > D * INPUTS ? N * D : D * INPUTS];
    double largest = 0;
    memcpy(wanted, gradient, count * sizeof *wanted); /* evaluating overwrites it */
    for (size_t i = 0; i < count; i++) {
        float kept = x[i];
        volatile float up = kept + 2e-3f, down = kept - 2e-3f; /* the steps really taken */
        x[i] = up;
        double above = total(objective, weight, at);
        x[i] = down;
        double below = total(objective, weight, at);
        x[i] = kept;
        double slope = (above - below) / ((double)up - (double)down);
        if (!(fabs((double)wanted[i] - slope) <= 1e-4 * fmax(1, fabs(slope))))
            fail_msg("%s[%zu]: %g, by differences %g", what, i, (double)wanted[i], slope);
        largest = fmax(largest, fabs(slope));
    }
    total(objective, weight, at);
    return largest;
}

enum { COMPONENTS = 0 FA__COMPONENTS(PLUS_ONE) };

static fa__objective objective_of(int component) {
    return (fa__objective){
        .component = fa__component_at(component),
        .options = {.size = sizeof(fa_loss_options), .margin = 20}, /* no pair lets go */
        .information = {.size = sizeof(fa_information_options), .mu = 3},
        .temperature = 0.5};
}

static void objective_gradient_is_the_finite_difference(void **state) {
    (void)state;
    static const size_t outputs[] = {1, 3};
    for (int i = 0; i < 2 * COMPONENTS * 3 * 2; i++) {
        room r;
        size_t c = outputs[i % 2];
        fa__objective objective = objective_of(i / 2 % COMPONENTS);
        bool xcov = objective.component == &fa__component_xcov;
        objective.hold = (fa__hold)(i / 2 / COMPONENTS % 3);
        objective.use_labels = objective.information_labels = i / 2 / COMPONENTS / 3;
        double weight = xcov ? 10 : 1.7;
        fill(&r, c);
        memset(r.d_h, 0xff, sizeof r.d_h); /* NaN: all of it is written */
        total(&objective, weight, &r.at);
        double logits = check("logits", r.logits, r.d_logits, N * c, &objective, weight, &r.at);
        double h = check("h", r.h, r.d_h, N * D, &objective, weight, &r.at);
        assert_true(logits > 0.01);
        if (objective.component->needs & FA__NEEDS_OUTPUTS || objective.hold != FA__HOLD_NONE)
            assert_true(h > 0.005);
        else
            assert_true(h == 0);
        if (objective.component->needs & FA__NEEDS_WEIGHTS)
            assert_true(check("w", r.w, r.d_w, D * INPUTS, &objective, weight, &r.at) > 0.01);
    }
}

static void objective_with_weight_0_is_the_task_alone(void **state) {
    (void)state;
    for (int component = 1; component < COMPONENTS; component++) {
        room r, alone;
        fa__terms values, task;
        fa__objective objective = objective_of(component), none = objective_of(0);
        const fa__terms weights = {1, 0, 0};
        objective.use_labels = true;
        objective.hold = FA__HOLD_KL;
        fill(&r, 3), fill(&alone, 3);
        assert_ok(fa__objective_eval(&values, &objective, &weights, &r.at));
        assert_ok(fa__objective_eval(&task, &none, &weights, &alone.at));
        assert_true(values.task == task.task && values.component != 0 && values.hold > 0);
        assert_true(task.component == 0 && task.hold == 0);
        assert_memory_equal(r.d_logits, alone.d_logits, sizeof r.d_logits);
        for (size_t i = 0; i < N * D; i++) assert_true(r.d_h[i] == 0);
        for (size_t i = 0; objective.component->needs & FA__NEEDS_WEIGHTS && i < D * INPUTS; i++)
            assert_true(r.d_w[i] == 0);
    }
}

static void objective_values_are_those_of_the_losses(void **state) {
    (void)state;
    room r;
    fa__terms values;
    const fa__terms weights = {1, 3, 2};
    double wanted;
    fa__objective objective = objective_of(0);
    objective.component = &fa__component_multi;
    objective.options.margin = 0.7f;
    objective.options.divergence = FA_DIVERGENCE_JS;
    objective.use_labels = true;
    objective.hold = FA__HOLD_KL; /* its own divergence */
    fill(&r, 1);
    assert_ok(fa__objective_eval(&values, &objective, &weights, &r.at));
    assert_ok(
        fa_loss_multi_pairs(&wanted, NULL, r.h, N, D, r.labels, pairs, 3, &objective.options));
    assert_true(values.component == wanted); /* before its weight */
    objective.options.divergence = FA_DIVERGENCE_KL;
    assert_ok(fa_loss_hold(&wanted, NULL, r.h, N, D, pairs, 3, &objective.options));
    assert_true(values.hold == wanted && wanted > 0.01);
    objective.use_labels = false;
    r.at.n_pairs = 0;
    assert_ok(fa__objective_eval(&values, &objective, &weights, &r.at));
    assert_ok(fa_loss_multi(&wanted, NULL, r.h, N, D, NULL, &objective.options));
    assert_true(values.component == wanted && values.hold == 0);
    assert_ok(fa_loss_cross_entropy(&wanted, NULL, r.logits, N, 1, r.labels));
    assert_true(values.task == wanted);
    objective.component = &fa__component_information;
    assert_ok(fa__objective_eval(&values, &objective, &weights, &r.at));
    assert_ok(fa_loss_information(&wanted, NULL, r.h, N, D, NULL, 3));
    assert_true(values.component == wanted);
    objective.information_labels = true;
    assert_ok(fa__objective_eval(&values, &objective, &weights, &r.at));
    assert_ok(fa_loss_information(&wanted, NULL, r.h, N, D, r.labels, 3));
    assert_true(values.component == wanted);
    r.logits[2] = NAN;
    assert_fails(fa__objective_eval(&values, &objective, &weights, &r.at), FA_E_NONFINITE, "2");
    fill(&r, 1);
    r.h[4] = INFINITY;
    assert_fails(fa__objective_eval(&values, &objective, &weights, &r.at), FA_E_NONFINITE, "");
}

/* Logits far out must not make NaN of probabilities. */
static void objective_xcov_survives_saturated_logits(void **state) {
    (void)state;
    for (size_t c = 1; c <= 3; c += 2) {
        room r;
        fa__objective objective = {.component = &fa__component_xcov};
        fill(&r, c);
        for (size_t i = 0; i < N * c; i++) r.logits[i] = i % 2 ? 1e30f : -1e30f;
        assert_true(isfinite(total(&objective, 1, &r.at)));
        for (size_t i = 0; i < N * c; i++)
            assert_true(isfinite(r.d_logits[i]) && r.yhat[i] >= 0 && r.yhat[i] <= 1);
        for (size_t i = 0; i < N * D; i++) assert_true(isfinite(r.d_h[i]));
    }
}

/* Component and hold are on one schedule. */
static double weight_at(const fa__objective *objective, double epochs) {
    fa__terms weights = fa__objective_weights(objective, epochs);
    assert_true(weights.task == 1 && weights.hold == weights.component / 2);
    return weights.component;
}

static void weight_starts_and_ramps_as_scheduled(void **state) {
    (void)state;
    fa__objective o = {.weight = 4, .hold_weight = 2};
    assert_true(weight_at(&o, 0) == 4); /* no schedule: from the first batch on */
    assert_true(weight_at(&o, 100) == 4);
    o.start_epoch = 2;
    assert_true(weight_at(&o, 0) == 0);
    assert_true(weight_at(&o, 1.999) == 0);
    assert_true(weight_at(&o, 2) == 4);
    o.ramp_epochs = 4;
    assert_true(weight_at(&o, 2) == 0);
    assert_near(weight_at(&o, 3), 1, 1e-15);
    assert_near(weight_at(&o, 5.5), 3.5, 1e-15);
    assert_true(weight_at(&o, 6) == 4);
    assert_true(weight_at(&o, 7) == 4);
    o.end_epoch = 7;
    assert_true(weight_at(&o, 6.999) == 4);
    assert_true(weight_at(&o, 7) == 0);
    assert_true(weight_at(&o, 100) == 0);
    o.end_epoch = 3; /* within the ramp */
    assert_near(weight_at(&o, 2.5), 0.5, 1e-15);
    assert_true(weight_at(&o, 3) == 0);
    o.end_epoch = 1; /* before it starts: never on */
    for (int epoch = 0; epoch < 9; epoch++) assert_true(weight_at(&o, epoch) == 0);
}

static void accuracy_counts_the_highest_logit(void **state) {
    (void)state;
    static const float three[] = {1, 2, 0, /**/ 5, 5, 1, /**/ -1, -2, -0.5f, /**/ 0, 0, 0};
    static const int32_t labels[] = {1, 0, 0, 2};
    assert_near(fa__accuracy(three, labels, 4, 3), 0.5, 0); /* ties: the lowest index */
    static const float one[] = {0.1f, -0.1f, 0, 3};
    static const int32_t binary[] = {1, 0, 0, 0}; /* 0 is not above one half */
    assert_near(fa__accuracy(one, binary, 4, 1), 0.75, 0);
    static const int32_t unknown[] = {-1, 7, -1, 9};
    assert_near(fa__accuracy(three, unknown, 4, 3), 0, 0);
    assert_true(isnan(fa__accuracy(three, labels, 0, 3)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objective_gradient_is_the_finite_difference),
        cmocka_unit_test(objective_with_weight_0_is_the_task_alone),
        cmocka_unit_test(objective_values_are_those_of_the_losses),
        cmocka_unit_test(objective_xcov_survives_saturated_logits),
        cmocka_unit_test(weight_starts_and_ramps_as_scheduled),
        cmocka_unit_test(accuracy_counts_the_highest_logit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
