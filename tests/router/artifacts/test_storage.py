from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from router.artifacts.storage import Folder


def test_a_reader_never_sees_half_a_write(tmp_path: Path) -> None:
    storage = Folder(tmp_path)
    values = [bytes([value]) * 300_000 for value in (1, 2)]
    storage.write("default/key", values[0])

    def write() -> None:
        for index in range(60):
            storage.write("default/key", values[index % 2])

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            assert storage.read("default/key") in values
        writing.result()
