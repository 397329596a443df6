/* What LANES units do at one step, from the sums that enter their four gates, and the gradient of that.
 *
 * LSTM (Hochreiter & Schmidhuber 1997, with forget gates): i, f, g, o as torch.nn.LSTM has them.
 * GRU (Cho et al. 2014, the reset gate after the product, as torch.nn.GRU has it): r, z, m, n, of which m = U h + b is
 * no gate: the state enters r, z, m and the input r, z, n, so the weights that are not there are 0.
 */
#ifndef TEXTRNN_CELLS_H
#define TEXTRNN_CELLS_H

#include "simd.h"

enum { LSTM, GRU };

/* The state; `gates` come as sums and leave as what `cell_back` wants. `kept` is what a unit keeps in float32. */
INLINE vector cell_step(const int cell, vector gates[4], vector *kept) {
    vector first = sigmoid(gates[0]), keep = sigmoid_to_keep(gates[1]);
    gates[0] = first, gates[1] = keep;
    if (cell == GRU) {
        vector candidate = gates[3] = hyperbolic(muladd(first, gates[2], gates[3]));
        return *kept = muladd(keep, sub(*kept, candidate), candidate);
    }
    vector candidate = gates[2] = hyperbolic(gates[2]), out = gates[3] = sigmoid(gates[3]);
    *kept = muladd(keep, *kept, mul(first, candidate));
    return mul(out, hyperbolic(*kept));
}

/* The gradient of what entered the `gates`, into `change`, from that of the state; `d_kept` goes from step to step. */
INLINE void cell_back(const int cell, const vector gates[4], vector kept, vector before, vector d_state, vector *d_kept,
                      vector change[4]) {
    vector first = gates[0], keep = gates[1], one = all(1.0f);
    vector at_first = sub(first, mul(first, first)), at_keep = sub(keep, mul(keep, keep));
    if (cell == GRU) {
        vector m = gates[2], candidate = gates[3], dh = add(d_state, *d_kept);
        vector d_candidate = mul(sub(dh, mul(dh, keep)), sub(one, mul(candidate, candidate)));
        change[0] = mul(mul(d_candidate, m), at_first);
        change[1] = mul(mul(dh, sub(before, candidate)), at_keep);
        change[2] = mul(d_candidate, first);
        change[3] = d_candidate;
        *d_kept = mul(dh, keep);
        return;
    }
    vector candidate = gates[2], out = gates[3], bounded = hyperbolic(kept), through = mul(d_state, out);
    vector dc = add(*d_kept, sub(through, mul(through, mul(bounded, bounded))));
    change[0] = mul(mul(dc, candidate), at_first);
    change[1] = mul(mul(dc, before), at_keep);
    change[2] = mul(mul(dc, first), sub(one, mul(candidate, candidate)));
    change[3] = mul(mul(d_state, bounded), sub(out, mul(out, out)));
    *d_kept = mul(dc, keep);
}

#endif
