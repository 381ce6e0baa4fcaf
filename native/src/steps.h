// Who works on what, and the walk over the steps of a batch. Included once a translation unit,
// inside its namespace.

// The part of one thread in a split.
struct Worker {
    int index;  // among the workers of its direction
    int workers;
    int first_direction, last_direction;
    bool by_units;

    Worker(const Split &split, int64_t directions, int thread)
        : index(thread % split.workers),
          workers(split.workers),
          first_direction(split.threads == 1 ? 0 : thread / split.workers),
          last_direction(split.threads == 1 ? static_cast<int>(directions) - 1 : first_direction),
          by_units(split.by_units) {}

    int64_t first_row() const { return by_units ? 0 : index; }
    int64_t row_step() const { return by_units ? 1 : workers; }
    // How many of rows [0, end) are this worker's, and the number of the first at or after one.
    int64_t rows_before(int64_t end) const {
        return by_units
                   ? end
                   : (end - index + workers - 1 > 0 ? (end - index + workers - 1) / workers : 0);
    }
    Range blocks(int64_t count, int64_t grain) const {
        return by_units ? share(count, grain, index, workers) : Range{0, count};
    }
};

// A step of a direction: its places, and those of the step that was read before it. Rows from
// `rows_before` on are at their first step and follow the initial state.
struct Step {
    int64_t place, rows;
    int64_t place_before, rows_before;
};

// Walks the steps of a chunk in the order in which a direction reads them, or against it.
class Steps {
  public:
    Steps(const Layer &layer, int64_t chunk, bool reverse, bool backwards)
        : layer_(layer),
          reverse_(reverse),
          ascending_(reverse == backwards),
          step_(ascending_ ? layer.chunks[chunk].step : layer.chunks[chunk + 1].step - 1),
          end_(ascending_ ? layer.chunks[chunk + 1].step : layer.chunks[chunk].step - 1),
          place_(ascending_ ? layer.chunks[chunk].row
                            : layer.chunks[chunk + 1].row - layer.batch_sizes[step_]) {}

    bool next(Step *step) {
        if (step_ == end_) return false;
        const int64_t rows = layer_.batch_sizes[step_];
        step->place = place_;
        step->rows = rows;
        if (reverse_) {
            step->place_before = place_ + rows;
            step->rows_before = step_ + 1 < layer_.steps ? layer_.batch_sizes[step_ + 1] : 0;
        } else {
            step->place_before = step_ > 0 ? place_ - layer_.batch_sizes[step_ - 1] : 0;
            step->rows_before = step_ > 0 ? rows : 0;
        }
        if (ascending_) {
            place_ += rows;
            ++step_;
        } else {
            --step_;
            if (step_ != end_) place_ -= layer_.batch_sizes[step_];
        }
        return true;
    }

  private:
    const Layer &layer_;
    const bool reverse_, ascending_;
    int64_t step_;
    const int64_t end_;
    int64_t place_;
};

// Hands out a buffer piece by piece, each at a multiple of 64 bytes; with a null base it counts.
class Pieces {
  public:
    explicit Pieces(void *base) : base_(static_cast<char *>(base)) {}

    template <class T>
    T *take(int64_t count) {
        char *piece = base_ == nullptr ? nullptr : base_ + bytes_;
        bytes_ += static_cast<size_t>(round_up(count * static_cast<int64_t>(sizeof(T)), 64));
        return reinterpret_cast<T *>(piece);
    }
    size_t bytes() const { return bytes_; }

  private:
    char *base_;
    size_t bytes_ = 0;
};

// The T of a direction in a buffer that holds one for each, and the size of such a buffer.
template <class T>
T piece_of(const void *base, const Layer &layer, int direction) {
    Pieces pieces(const_cast<void *>(base));
    for (int d = 0; d < direction; ++d) T(&pieces, layer);
    return T(&pieces, layer);
}
template <class T>
size_t pieces_bytes(const Layer &layer) {
    Pieces pieces(nullptr);
    for (int d = 0; d < layer.directions; ++d) T(&pieces, layer);
    return pieces.bytes();
}

template <class Cell>
struct Sizes {
    int64_t hidden, units, blocks, gates;  // units: hidden in whole vectors; blocks of gate vectors

    explicit Sizes(const Layer &layer)
        : hidden(layer.hidden_size),
          units(blocks_of(hidden) * kLanes),
          blocks(blocks_of(hidden) * Cell::kGates),
          gates(units * Cell::kGates) {}

    int64_t state_offset() const {
        return round_up(units * Cell::kSaved * static_cast<int64_t>(sizeof(element)),
                        sizeof(scalar));
    }
    // Bytes of a place of one direction.
    int64_t saved() const {
        const int64_t state = Cell::kSavesState ? units * static_cast<int64_t>(sizeof(scalar)) : 0;
        return Cell::kSaved == 0 ? 0 : state_offset() + state;
    }
};
