"""Tokenizers small enough for tiny checkpoints that take any text."""

from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,?!'-"


def byte_vocabulary(*first: str) -> dict[str, int]:
    """Number the given tokens and then the 256 bytes as byte-level tokenizers spell them."""
    from tokenizers.pre_tokenizers import ByteLevel

    tokens = [*first, *sorted(ByteLevel.alphabet())]
    return {token: index for index, token in enumerate(tokens)}


def byte_tokenizer(
    *special: str, pad: str = "<pad>", bos: str = "<s>", eos: str = "</s>", unk: str = "<unk>", **options: Any
) -> Any:
    """Return a byte-level tokenizer without merges, with the given special tokens after the four usual ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens = dict.fromkeys((pad, bos, eos, unk, *special))
    plain = Tokenizer(models.BPE(vocab=byte_vocabulary(*tokens), merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=plain,
        pad_token=pad,
        bos_token=bos,
        eos_token=eos,
        unk_token=unk,
        additional_special_tokens=list(special),
        **options,
    )
