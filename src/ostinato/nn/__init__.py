"""Layers for packed sequences; ``RNN``, ``GRU`` and ``LSTM`` are drop-ins for those of torch.

Example:
    >>> import torch
    >>> from ostinato.nn import LSTM
    >>> twin = torch.nn.LSTM(3, 5)
    >>> layer = LSTM(3, 5)
    >>> layer.load_state_dict(twin.state_dict())
    <All keys matched successfully>
"""

from ostinato.nn.convert import Conversion as Conversion
from ostinato.nn.convert import convert as convert
from ostinato.nn.convolution import Convolution as Convolution
from ostinato.nn.crf import CRF as CRF
from ostinato.nn.crf import Chain as Chain
from ostinato.nn.crf import Posterior as Posterior
from ostinato.nn.crf import decode as decode
from ostinato.nn.crf import log_likelihood as log_likelihood
from ostinato.nn.crf import log_likelihood_and_marginals as log_likelihood_and_marginals
from ostinato.nn.crf import n_best as n_best
from ostinato.nn.crf import posterior as posterior
from ostinato.nn.ctc import CTCTargets as CTCTargets
from ostinato.nn.ctc import ctc_loss as ctc_loss
from ostinato.nn.ctc import steps_needed as steps_needed
from ostinato.nn.ctc_decoding import AlignedSymbol as AlignedSymbol
from ostinato.nn.ctc_decoding import GreedyDecoder as GreedyDecoder
from ostinato.nn.ctc_decoding import Hypothesis as Hypothesis
from ostinato.nn.ctc_decoding import align as align
from ostinato.nn.ctc_decoding import beam_search as beam_search
from ostinato.nn.dropout import LockedDropout as LockedDropout
from ostinato.nn.dropout import WordDropout as WordDropout
from ostinato.nn.gru import GRU as GRU
from ostinato.nn.lstm import LSTM as LSTM
from ostinato.nn.pooling import AttentionPooling as AttentionPooling
from ostinato.nn.pooling import Pooling as Pooling
from ostinato.nn.pooling import PoolingName as PoolingName
from ostinato.nn.pooling import last_state as last_state
from ostinato.nn.pooling import max_over_time as max_over_time
from ostinato.nn.pooling import mean_over_time as mean_over_time
from ostinato.nn.recurrent import RecurrentLayer as RecurrentLayer
from ostinato.nn.rnn import RNN as RNN
from ostinato.nn.stream import StreamingSession as StreamingSession

__all__ = [
    "CRF",
    "GRU",
    "LSTM",
    "RNN",
    "AlignedSymbol",
    "AttentionPooling",
    "CTCTargets",
    "Chain",
    "Conversion",
    "Convolution",
    "GreedyDecoder",
    "Hypothesis",
    "LockedDropout",
    "Pooling",
    "PoolingName",
    "Posterior",
    "RecurrentLayer",
    "StreamingSession",
    "WordDropout",
    "align",
    "beam_search",
    "convert",
    "ctc_loss",
    "decode",
    "last_state",
    "log_likelihood",
    "log_likelihood_and_marginals",
    "max_over_time",
    "mean_over_time",
    "n_best",
    "posterior",
    "steps_needed",
]
