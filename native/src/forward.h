// The forward pass of one layer. Included once a translation unit, inside its namespace.

// Weights of one direction as `forward` reads them.
template <class Cell>
struct Packed {
    element *weight_ih, *weight_hh;
    scalar *bias;    // of all gates: bias_ih + bias_hh, but of the GRU's gate n bias_ih alone
    scalar *bias_n;  // and bias_hh here

    Packed(Pieces *pieces, const Layer &layer) {
        const Sizes<Cell> sizes(layer);
        weight_ih = pieces->take<element>(panel_elements(sizes.blocks, layer.input_size));
        weight_hh = pieces->take<element>(panel_elements(sizes.blocks, layer.hidden_size));
        bias = pieces->take<scalar>(sizes.gates);
        bias_n = pieces->take<scalar>(Cell::kTwoGateGradients ? sizes.units : 0);
    }
};

template <class Cell>
void pack_direction(const Layer &layer, const ostinato_weights &weights, const Packed<Cell> &to) {
    const int64_t hidden = layer.hidden_size;
    pack_gates<Cell::kGates, Cell::kPanel>(static_cast<const element *>(weights.weight_ih), hidden,
                                           layer.input_size, to.weight_ih);
    pack_gates<Cell::kGates, Cell::kPanel>(static_cast<const element *>(weights.weight_hh), hidden,
                                           hidden, to.weight_hh);
    const auto *bias_ih = static_cast<const element *>(weights.bias_ih);
    const auto *bias_hh = static_cast<const element *>(weights.bias_hh);
    for (int64_t unit = 0; unit < Sizes<Cell>(layer).units; ++unit) {
        const bool there = unit < hidden && bias_ih != nullptr;
        const int64_t block = unit / kLanes, lane = unit % kLanes;
        for (int gate = 0; gate < Cell::kGates; ++gate) {
            const scalar ih = there ? to_scalar(bias_ih[gate * hidden + unit]) : 0;
            const scalar hh = there ? to_scalar(bias_hh[gate * hidden + unit]) : 0;
            const bool apart = Cell::kTwoGateGradients && gate == Cell::kGates - 1;
            to.bias[(block * Cell::kGates + gate) * kLanes + lane] = apart ? ih : ih + hh;
            if (apart) to.bias_n[unit] = hh;
        }
    }
}

template <class Cell>
void pack(const Layer &layer, const ostinato_weights *weights, void *packed) {
    Pieces pieces(packed);
    for (int d = 0; d < layer.directions; ++d) {
        pack_direction<Cell>(layer, weights[d], Packed<Cell>(&pieces, layer));
    }
}

// Scratch of one direction.
template <class Cell>
struct ForwardScratch {
    scalar *gates;  // of one chunk
    scalar *carry;  // [B, units]

    ForwardScratch(Pieces *pieces, const Layer &layer) {
        const Sizes<Cell> sizes(layer);
        gates = pieces->take<scalar>(layer.chunk_rows * sizes.gates);
        carry = pieces->take<scalar>(Cell::kHasCarry ? layer.batch * sizes.units : 0);
    }
};

// Gates that begin with the biases.
struct FromBias {
    const scalar *bias;
    To<scalar> to;

    template <int R, int V>
    OSTINATO_INLINE void start(vec (&sums)[R][V], int64_t, int64_t block) const {
        for (int r = 0; r < R; ++r) {
            for (int v = 0; v < V; ++v) sums[r][v] = load(bias + (block + v) * kLanes);
        }
    }
    template <int R, int V>
    OSTINATO_INLINE void finish(vec (&sums)[R][V], int64_t row, int64_t block) const {
        to.finish(sums, row, block);
    }
};

template <class Cell>
struct CellWork {
    ForwardRows rows;

    OSTINATO_INLINE ForwardRows from(int64_t row) const {
        ForwardRows at = rows;
        at.gates += row * rows.gates_stride;
        if (Cell::kHasCarry) at.carry += row * rows.carry_stride;
        at.output += row * rows.output_stride;
        if (at.saved != nullptr) at.saved += row * rows.saved_stride;
        return at;
    }
    template <int R, int V>
    OSTINATO_INLINE void start(vec (&sums)[R][V], int64_t row, int64_t block) const {
        Cell::start(sums, from(row), block);
    }
    template <int R, int V>
    OSTINATO_INLINE void finish(vec (&sums)[R][V], int64_t row, int64_t block) const {
        Cell::finish(sums, from(row), block);
    }
};

template <class Cell>
class ForwardDirection {
  public:
    ForwardDirection(const ForwardJob &job, const Worker &worker, int direction)
        : layer_(job.layer),
          buffers_(job.buffers),
          worker_(worker),
          sizes_(job.layer),
          reverse_(direction == 1),
          packed_(piece_of<Packed<Cell>>(job.buffers.packed, job.layer, direction)),
          scratch_(piece_of<ForwardScratch<Cell>>(job.scratch, job.layer, direction)),
          output_stride_(job.layer.directions * job.layer.hidden_size),
          state_(direction * job.layer.batch * job.layer.hidden_size),
          output_(static_cast<element *>(buffers_.output) + direction * layer_.hidden_size),
          saved_(static_cast<char *>(buffers_.saved)) {
        if (sizes_.saved() == 0) saved_ = nullptr;
        if (saved_ != nullptr) saved_ += direction * layer_.rows * sizes_.saved();
    }

    // The carry starts as the initial state.
    void start() {
        if (!Cell::kHasCarry) return;
        const void *from = Cell::kSavesState ? buffers_.c_0 : buffers_.h_0;
        each_state([&](int64_t row, int64_t unit, int n) {
            const element *at = static_cast<const element *>(from) + state_ + row * sizes_.hidden;
            store(scratch_.carry + row * sizes_.units + unit, load_elements(at + unit, n));
        });
    }

    // The input's part of the gates of this worker's share of a chunk.
    void project(int64_t chunk) {
        const int64_t first = layer_.chunks[chunk].row;
        const int64_t rows = layer_.chunks[chunk + 1].row - first;
        const Range mine = share(rows, tile_rows(Cell::kPanel), worker_.index, worker_.workers);
        const auto *input = static_cast<const element *>(buffers_.input);
        const Operands of = {input + (first + mine.begin) * layer_.input_size, layer_.input_size,
                             mine.end - mine.begin, layer_.input_size, packed_.weight_ih};
        const To<scalar> to = {scratch_.gates + mine.begin * sizes_.gates, sizes_.gates,
                               sizes_.gates, false};
        product<false, Cell::kPanel, Cell::kGates != 1>(of, {0, sizes_.blocks}, false,
                                                        FromBias{packed_.bias, to});
    }

    void recur(int64_t chunk, Barrier &colleagues) {
        Steps steps(layer_, chunk, reverse_, false);
        const Range blocks = worker_.blocks(sizes_.blocks, Cell::kPanel);
        const auto *h_0 = static_cast<const element *>(buffers_.h_0) + state_;
        for (Step step; steps.next(&step); descending_ = !descending_) {
            const int64_t before = worker_.rows_before(step.rows_before);
            const int64_t all = worker_.rows_before(step.rows);
            run(chunk, step, 0, before, blocks, output_ + step.place_before * output_stride_,
                output_stride_);
            run(chunk, step, before, all, blocks, h_0, sizes_.hidden);
            if (worker_.by_units) colleagues.wait();
        }
    }

    void finish() {
        const int64_t last = layer_.steps - 1;
        int64_t place = reverse_ ? 0 : layer_.rows - layer_.batch_sizes[last];
        int64_t step = last;
        auto *h_n = static_cast<element *>(buffers_.h_n) + state_;
        for (int64_t row = 0; row < layer_.batch; ++row) {
            // Rows get shorter, so their last steps lie further and further back.
            while (!reverse_ && layer_.batch_sizes[step] <= row)
                place -= layer_.batch_sizes[--step];
            if (row % worker_.workers != worker_.index) continue;
            const element *from = output_ + (place + row) * output_stride_;
            for (int64_t unit = 0; unit < sizes_.hidden; ++unit) {
                h_n[row * sizes_.hidden + unit] = from[unit];
            }
        }
        if (!Cell::kSavesState) return;
        auto *c_n = static_cast<element *>(buffers_.c_n) + state_;
        each_state([&](int64_t row, int64_t unit, int n) {
            store_elements(c_n + row * sizes_.hidden + unit,
                           load(scratch_.carry + row * sizes_.units + unit), n);
        });
    }

  private:
    // Calls work(row, unit, lanes) for the blocks of units that this worker owns.
    template <class Work>
    void each_state(const Work &work) const {
        const Range blocks = worker_.blocks(sizes_.blocks, Cell::kPanel);
        for (int64_t row = worker_.first_row(); row < layer_.batch; row += worker_.row_step()) {
            for (int64_t block = blocks.begin; block < blocks.end; block += Cell::kGates) {
                const int64_t unit = block / Cell::kGates * kLanes;
                work(row, unit, static_cast<int>(smaller(kLanes, sizes_.hidden - unit)));
            }
        }
    }

    // This worker's rows [begin, end) of a step; `before` is where row 0 of the batch has its
    // state.
    void run(int64_t chunk, const Step &step, int64_t begin, int64_t end, Range blocks,
             const element *before, int64_t before_stride) const {
        if (begin == end) return;
        const int64_t row = worker_.first_row() + begin * worker_.row_step();
        const int64_t place = step.place + row, by = worker_.row_step();
        const Operands of = {before + row * before_stride, by * before_stride, end - begin,
                             sizes_.hidden, packed_.weight_hh};
        ForwardRows rows;
        rows.gates = scratch_.gates + (place - layer_.chunks[chunk].row) * sizes_.gates;
        rows.gates_stride = by * sizes_.gates;
        rows.bias_n = packed_.bias_n;
        rows.carry = Cell::kHasCarry ? scratch_.carry + row * sizes_.units : nullptr;
        rows.carry_stride = by * sizes_.units;
        rows.output = output_ + place * output_stride_;
        rows.output_stride = by * output_stride_;
        rows.saved = saved_ == nullptr ? nullptr : saved_ + place * sizes_.saved();
        rows.saved_stride = by * sizes_.saved();
        rows.state_offset = sizes_.state_offset();
        rows.hidden = sizes_.hidden;
        product<false, Cell::kPanel, Cell::kGates != 1>(of, blocks, descending_,
                                                        CellWork<Cell>{rows});
    }

    const Layer &layer_;
    const ostinato_forward_buffers &buffers_;
    const Worker worker_;
    const Sizes<Cell> sizes_;
    const bool reverse_;
    const Packed<Cell> packed_;
    const ForwardScratch<Cell> scratch_;
    const int64_t output_stride_, state_;
    element *const output_;
    char *saved_;
    bool descending_ = false;
};

template <class Cell>
void forward(const ForwardJob &job, int thread) {
    const Worker worker(job.split, job.layer.directions, thread);
    ForwardDirection<Cell> directions[2] = {
        {job, worker, worker.first_direction},
        {job, worker, worker.last_direction},
    };
    const int first = worker.first_direction, count = worker.last_direction - first + 1;
    const int64_t chunks = job.layer.num_chunks;
    for (int i = 0; i < count; ++i) directions[i].start();
    for (int64_t i = 0; i < chunks; ++i) {
        for (int d = 0; d < count; ++d) directions[d].project(first + d == 1 ? chunks - 1 - i : i);
        job.split.everybody->wait();
        for (int d = 0; d < count; ++d) {
            const bool reverse = first + d == 1;
            directions[d].recur(reverse ? chunks - 1 - i : i, *job.split.colleagues[reverse]);
        }
        job.split.everybody->wait();
    }
    for (int d = 0; d < count; ++d) directions[d].finish();
}
