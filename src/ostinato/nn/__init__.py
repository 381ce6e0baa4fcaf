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
    "GRU",
    "LSTM",
    "RNN",
    "AttentionPooling",
    "Conversion",
    "LockedDropout",
    "Pooling",
    "PoolingName",
    "RecurrentLayer",
    "StreamingSession",
    "WordDropout",
    "convert",
    "last_state",
    "max_over_time",
    "mean_over_time",
]
