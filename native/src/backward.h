// The backward pass of one layer. Chunk by chunk against the reading order: first the recurrence,
// each worker its rows or units; then, with the chunk's gate gradients in the cache, the products
// for the weights and the input, which all threads share. Included once a translation unit, inside
// its namespace.

// Whether the input's gradient is the sum of two directions and stored in fewer bits.
inline bool rounds_input(const Layer &layer) {
    return layer.directions == 2 && sizeof(element) != sizeof(scalar);
}

// Scratch of one direction.
template <class Cell>
struct BackwardScratch {
    element *weight_ih, *weight_hh;     // packed to be multiplied by gate gradients
    element *d_gates_x, *d_gates_h;     // of one chunk; one buffer unless the cell tells them apart
    element *transposed;                // one of them, packed
    element *inputs, *states;           // rows of the chunk packed: x, and h before the step
    scalar *dh, *carry;                 // [B, units]: what later steps want of h and of c
    scalar *state_before;               // [B, units]: the initial c
    scalar *d_weight_ih, *d_weight_hh;  // [gates, columns in whole vectors]
    scalar *d_bias_ih, *d_bias_hh;      // [gates]
    scalar *d_input;  // [N, columns in whole vectors], of direction 0: sums that may not be rounded
                      // before both directions have been added

    BackwardScratch(Pieces *pieces, const Layer &layer) {
        const Sizes<Cell> sizes(layer);
        const int64_t input = layer.input_size, hidden = layer.hidden_size, rows = layer.chunk_rows;
        const int64_t depth = groups_of(rows) * kGroup;
        weight_ih = pieces->take<element>(panel_elements(blocks_of(input), sizes.gates));
        weight_hh = pieces->take<element>(panel_elements(blocks_of(hidden), sizes.gates));
        d_gates_x = pieces->take<element>(rows * sizes.gates);
        d_gates_h = Cell::kTwoGateGradients ? pieces->take<element>(rows * sizes.gates) : d_gates_x;
        transposed = pieces->take<element>(round_up(sizes.gates, kPackedRows) * depth);
        inputs = pieces->take<element>(panel_elements(blocks_of(input), rows));
        states = pieces->take<element>(panel_elements(blocks_of(hidden), rows));
        dh = pieces->take<scalar>(layer.batch * sizes.units);
        carry = pieces->take<scalar>(Cell::kSavesState ? layer.batch * sizes.units : 0);
        state_before = pieces->take<scalar>(Cell::kSavesState ? layer.batch * sizes.units : 0);
        d_weight_ih = pieces->take<scalar>(sizes.gates * blocks_of(input) * kLanes);
        d_weight_hh = pieces->take<scalar>(sizes.gates * sizes.units);
        d_bias_ih = pieces->take<scalar>(sizes.gates);
        d_bias_hh = pieces->take<scalar>(sizes.gates);
        d_input =
            pieces->take<scalar>(rounds_input(layer) ? layer.rows * blocks_of(input) * kLanes : 0);
    }
};

template <class Cell>
class BackwardDirection {
  public:
    BackwardDirection(const BackwardJob &job, int thread, int direction)
        : layer_(job.layer),
          buffers_(job.buffers),
          worker_(job.split, job.layer.directions, thread),
          thread_(thread),
          threads_(job.split.threads),
          sizes_(job.layer),
          reverse_(direction == 1),
          direction_(direction),
          scratch_(piece_of<BackwardScratch<Cell>>(job.scratch, job.layer, direction)),
          d_input_(piece_of<BackwardScratch<Cell>>(job.scratch, job.layer, 0).d_input),
          stride_(job.layer.directions * job.layer.hidden_size),
          state_(direction * job.layer.batch * job.layer.hidden_size),
          h_0_(static_cast<const element *>(buffers_.h_0) + state_),
          output_(static_cast<const element *>(buffers_.output) + direction * layer_.hidden_size),
          saved_(static_cast<const char *>(buffers_.saved)) {
        if (sizes_.saved() != 0) saved_ += direction * layer_.rows * sizes_.saved();
    }

    int64_t chunk(int64_t i) const { return reverse_ ? i : layer_.num_chunks - 1 - i; }

    // The weights packed by all threads, the gradients of the final states taken up.
    void start() {
        const ostinato_weights &weights = buffers_.weights[direction_];
        pack_weight(weights.weight_hh, sizes_.hidden, scratch_.weight_hh);
        if (buffers_.d_input != nullptr) {
            pack_weight(weights.weight_ih, layer_.input_size, scratch_.weight_ih);
        }
        const auto *d_h_n = static_cast<const element *>(buffers_.d_h_n) + state_;
        const Range rows = share(layer_.batch, 1, thread_, threads_);
        for (int64_t row = rows.begin; row < rows.end; ++row) {
            for (int64_t unit = 0; unit < sizes_.units; unit += kLanes) {
                const int n = static_cast<int>(smaller(kLanes, sizes_.hidden - unit));
                const int64_t from = row * sizes_.hidden + unit, to = row * sizes_.units + unit;
                store(scratch_.dh + to, load_elements(d_h_n + from, n));
                if (!Cell::kSavesState) continue;
                const auto *d_c_n = static_cast<const element *>(buffers_.d_c_n) + state_;
                const auto *c_0 = static_cast<const element *>(buffers_.c_0) + state_;
                store(scratch_.carry + to, load_elements(d_c_n + from, n));
                store(scratch_.state_before + to, load_elements(c_0 + from, n));
            }
        }
    }

    // The recurrence of a chunk, and its rows of x and h packed for the weights' gradients.
    void recur(int64_t chunk, Barrier &colleagues) {
        pack_operands(chunk);
        Steps steps(layer_, chunk, reverse_, true);
        const Range units = worker_.blocks(sizes_.units / kLanes, kMaxVecs);
        const int64_t first = worker_.first_row(), by = worker_.row_step();
        for (Step step; steps.next(&step); descending_ = !descending_) {
            const int64_t rows = worker_.rows_before(step.rows);
            for (int64_t i = 0; i < rows; ++i) gates_of_row(chunk, step, first + i * by, units);
            if (worker_.by_units) colleagues.wait();
            const int64_t place = step.place - layer_.chunks[chunk].row + first;
            const Operands of = {scratch_.d_gates_h + place * sizes_.gates, by * sizes_.gates, rows,
                                 sizes_.gates, scratch_.weight_hh};
            const To<scalar> to = {scratch_.dh + first * sizes_.units, by * sizes_.units,
                                   sizes_.units, Cell::kKeepsGradient};
            product<false, kMaxVecs, false>(of, units, descending_, to);
        }
    }

    // This thread's share of the gradients of weights and input from a chunk.
    void reduce(int64_t chunk, bool first) {
        const int64_t tiles = (sizes_.gates + kPackedRows - 1) / kPackedRows;
        const Range mine = share(tiles, 1, thread_, threads_);
        reduce_weight(chunk, scratch_.d_gates_x, mine, true, first, scratch_.inputs,
                      blocks_of(layer_.input_size), scratch_.d_weight_ih, scratch_.d_bias_ih);
        reduce_weight(chunk, scratch_.d_gates_h, mine, Cell::kTwoGateGradients, first,
                      scratch_.states, blocks_of(sizes_.hidden), scratch_.d_weight_hh,
                      scratch_.d_bias_hh);
        if (buffers_.d_input == nullptr) return;
        const int64_t begin = layer_.chunks[chunk].row, end = layer_.chunks[chunk + 1].row;
        const Range rows = share(end - begin, tile_rows(kMaxVecs), thread_, threads_);
        const Operands of = {scratch_.d_gates_x + rows.begin * sizes_.gates, sizes_.gates,
                             rows.end - rows.begin, sizes_.gates, scratch_.weight_ih};
        // Of two directions the one that comes first to a chunk writes, the other adds.
        const int64_t mirror = layer_.num_chunks - 1 - chunk;
        const bool second = layer_.directions == 2 && (reverse_ ? chunk >= mirror : chunk < mirror);
        const int64_t columns = layer_.input_size, row = begin + rows.begin;
        const Range blocks = {0, blocks_of(columns)};
        if (rounds_input(layer_)) {
            const int64_t stride = blocks.end * kLanes;
            product<false, kMaxVecs, false>(
                of, blocks, false, To<scalar>{d_input_ + row * stride, stride, stride, second});
            if (second) round_input(row, rows.end - rows.begin);
        } else {
            auto *d_input = static_cast<element *>(buffers_.d_input) + row * columns;
            product<false, kMaxVecs, false>(of, blocks, false,
                                            To<element>{d_input, columns, columns, second});
        }
    }

    // This thread's share of the results.
    void finish() {
        const Range rows = share(layer_.batch, 1, thread_, threads_);
        for (int64_t row = rows.begin; row < rows.end; ++row) {
            for (int64_t unit = 0; unit < sizes_.units; unit += kLanes) {
                const int n = static_cast<int>(smaller(kLanes, sizes_.hidden - unit));
                const int64_t to = state_ + row * sizes_.hidden + unit,
                              from = row * sizes_.units + unit;
                store_elements(static_cast<element *>(buffers_.d_h_0) + to,
                               load(scratch_.dh + from), n);
                if (!Cell::kSavesState) continue;
                store_elements(static_cast<element *>(buffers_.d_c_0) + to,
                               load(scratch_.carry + from), n);
            }
        }
        const ostinato_weight_gradients &to = buffers_.d_weights[direction_];
        const Range units = share(sizes_.hidden, 1, thread_, threads_);
        for (int gate = 0; gate < Cell::kGates; ++gate) {
            for (int64_t unit = units.begin; unit < units.end; ++unit) {
                const int64_t row = gate * sizes_.hidden + unit;
                const int64_t from = (unit / kLanes * Cell::kGates + gate) * kLanes + unit % kLanes;
                write_row(scratch_.d_weight_ih, from, layer_.input_size, to.weight_ih, row);
                write_row(scratch_.d_weight_hh, from, sizes_.hidden, to.weight_hh, row);
                if (to.bias_ih == nullptr) continue;
                static_cast<element *>(to.bias_ih)[row] = to_element(scratch_.d_bias_ih[from]);
                static_cast<element *>(to.bias_hh)[row] = to_element(
                    (Cell::kTwoGateGradients ? scratch_.d_bias_hh : scratch_.d_bias_ih)[from]);
            }
        }
    }

  private:
    // W [gates * hidden, columns] with its rows in the order of the gate gradients.
    void pack_weight(const void *weight, int64_t columns, element *packed) const {
        const auto *from = static_cast<const element *>(weight);
        const auto row_of = [&](int64_t k) -> const element * {
            const int64_t block = k / kLanes, gate = block % Cell::kGates;
            const int64_t unit = block / Cell::kGates * kLanes + k % kLanes;
            return unit < sizes_.hidden ? from + (gate * sizes_.hidden + unit) * columns : nullptr;
        };
        pack_rows(row_of, sizes_.gates, columns,
                  share(blocks_of(columns), kMaxVecs, thread_, threads_), packed);
    }

    void pack_operands(int64_t chunk) const {
        const int64_t begin = layer_.chunks[chunk].row;
        const int64_t rows = layer_.chunks[chunk + 1].row - begin;
        const auto *input = static_cast<const element *>(buffers_.input);
        const auto input_row = [&](int64_t k) { return input + (begin + k) * layer_.input_size; };
        pack_rows(input_row, rows, layer_.input_size,
                  share(blocks_of(layer_.input_size), kMaxVecs, worker_.index, worker_.workers),
                  scratch_.inputs);
        const Range blocks =
            share(blocks_of(sizes_.hidden), kMaxVecs, worker_.index, worker_.workers);
        for (int64_t block = blocks.begin; block < blocks.end; block += kMaxVecs) {
            Steps steps(layer_, chunk, reverse_, reverse_);  // by ascending place
            Step step{};
            const auto state_row = [&](int64_t k) {
                while (begin + k >= step.place + step.rows) steps.next(&step);
                return before(step, begin + k - step.place);
            };
            pack_rows(state_row, rows, sizes_.hidden,
                      {block, smaller(block + kMaxVecs, blocks.end)}, scratch_.states);
        }
    }

    // h of a row before a step.
    const element *before(const Step &step, int64_t row) const {
        return row < step.rows_before ? output_ + (step.place_before + row) * stride_
                                      : h_0_ + row * sizes_.hidden;
    }

    void gates_of_row(int64_t chunk, const Step &step, int64_t row, Range units) const {
        const int64_t place = step.place + row, local = place - layer_.chunks[chunk].row;
        BackwardRow at{};
        at.output = output_ + place * stride_;
        at.output_before = before(step, row);
        at.d_output = static_cast<const element *>(buffers_.d_output) +
                      direction_ * layer_.hidden_size + place * stride_;
        at.saved = saved_ + place * sizes_.saved();
        if (Cell::kSavesState) {
            at.state = reinterpret_cast<const scalar *>(at.saved + sizes_.state_offset());
            at.state_before = scratch_.state_before + row * sizes_.units;
            if (row < step.rows_before) {
                at.state_before = reinterpret_cast<const scalar *>(
                    saved_ + (step.place_before + row) * sizes_.saved() + sizes_.state_offset());
            }
            at.carry = scratch_.carry + row * sizes_.units;
        }
        at.dh_carried = scratch_.dh + row * sizes_.units;
        at.d_gates_x = scratch_.d_gates_x + local * sizes_.gates;
        at.d_gates_h = scratch_.d_gates_h + local * sizes_.gates;
        at.hidden = sizes_.hidden;
        for (int64_t unit = units.begin; unit < units.end; ++unit) Cell::backward(at, unit);
    }

    // Adds a chunk to the gradient of one weight and its bias; `pack` unless the last call did.
    void reduce_weight(int64_t chunk, const element *d_gates, Range tiles, bool pack, bool first,
                       const element *panels, int64_t blocks, scalar *d_weight,
                       scalar *d_bias) const {
        const int64_t depth = layer_.chunks[chunk + 1].row - layer_.chunks[chunk].row;
        const int64_t begin = tiles.begin * kPackedRows;
        const int64_t end = smaller(tiles.end * kPackedRows, sizes_.gates);
        if (begin >= end) return;
        if (pack) {
            pack_transpose(d_gates, sizes_.gates, depth, sizes_.gates, tiles, scratch_.transposed);
            add_columns(d_gates, depth, {begin, end}, first, d_bias);
        }
        const int64_t columns = blocks * kLanes;
        const Operands of = {
            scratch_.transposed + tiles.begin * groups_of(depth) * kPackedRows * kGroup, 0,
            end - begin, depth, panels};
        product<true, kMaxVecs, false>(
            of, {0, blocks}, false,
            To<scalar>{d_weight + begin * columns, columns, columns, !first});
    }

    void add_columns(const element *d_gates, int64_t depth, Range columns, bool first,
                     scalar *sums) const {
        constexpr int kWide = 4;  // vectors at a time: a row is read by whole cache lines
        for (int64_t column = columns.begin; column < columns.end; column += kWide * kLanes) {
            vec sum[kWide];
            int n[kWide];
            for (int v = 0; v < kWide; ++v) {
                const int64_t rest = columns.end - column - v * kLanes;
                n[v] = static_cast<int>(smaller(kLanes, rest > 0 ? rest : 0));
                sum[v] = zero();
            }
            for (int64_t row = 0; row < depth; ++row) {
                const element *from = d_gates + row * sizes_.gates + column;
                for (int v = 0; v < kWide; ++v) {
                    if (n[v] > 0) sum[v] = add(sum[v], load_elements(from + v * kLanes, n[v]));
                }
            }
            for (int v = 0; v < kWide; ++v) {
                scalar lanes[kLanes];
                store(lanes, sum[v]);
                scalar *to = sums + column + v * kLanes;
                for (int lane = 0; lane < n[v]; ++lane) {
                    to[lane] = first ? lanes[lane] : to[lane] + lanes[lane];
                }
            }
        }
    }

    void round_input(int64_t first, int64_t rows) const {
        const int64_t columns = layer_.input_size;
        for (int64_t row = first; row < first + rows; ++row) {
            write_row(d_input_, row, columns, buffers_.d_input, row);
        }
    }

    void write_row(const scalar *from, int64_t from_row, int64_t columns, void *to,
                   int64_t row) const {
        from += from_row * blocks_of(columns) * kLanes;
        element *out = static_cast<element *>(to) + row * columns;
        for (int64_t column = 0; column < columns; column += kLanes) {
            store_elements(out + column, load(from + column),
                           static_cast<int>(smaller(kLanes, columns - column)));
        }
    }

    const Layer &layer_;
    const ostinato_backward_buffers &buffers_;
    const Worker worker_;
    const int thread_, threads_;
    const Sizes<Cell> sizes_;
    const bool reverse_;
    const int direction_;
    const BackwardScratch<Cell> scratch_;
    scalar *const d_input_;
    const int64_t stride_, state_;
    const element *const h_0_;
    const element *const output_;
    const char *saved_;
    bool descending_ = false;
};

template <class Cell>
void backward(const BackwardJob &job, int thread) {
    const int count = static_cast<int>(job.layer.directions);
    const Worker worker(job.split, count, thread);
    BackwardDirection<Cell> directions[2] = {{job, thread, 0}, {job, thread, count - 1}};
    const auto is_mine = [&](int d) {
        return worker.first_direction <= d && d <= worker.last_direction;
    };
    for (int d = 0; d < count; ++d) directions[d].start();
    job.split.everybody->wait();
    for (int64_t i = 0; i < job.layer.num_chunks; ++i) {
        for (int d = 0; d < count; ++d) {
            if (is_mine(d)) directions[d].recur(directions[d].chunk(i), *job.split.colleagues[d]);
        }
        job.split.everybody->wait();
        for (int d = 0; d < count; ++d) directions[d].reduce(directions[d].chunk(i), i == 0);
        job.split.everybody->wait();
    }
    for (int d = 0; d < count; ++d) directions[d].finish();
}
