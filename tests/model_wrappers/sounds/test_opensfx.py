from pathlib import Path

import pytest

from model_wrappers.contract.audio import Audio
from model_wrappers.contract.errors import ModelUnavailable
from model_wrappers.sounds.opensfx import read_opensfx


def test_every_recording_has_a_licence_and_sound():
    recordings = read_opensfx()
    assert len(recordings) == 71
    assert {recording.licence for recording in recordings.values()} == {"CC0-1.0", "CC-BY-3.0", "CC-BY-SA-3.0"}
    assert Audio.decode(recordings["Helicopter"].data).duration_s == pytest.approx(2.47, abs=0.02)
    assert "lorenzosu" in recordings["Helicopter"].credit


def test_a_missing_package_is_named():
    with pytest.raises(ModelUnavailable, match="install the Debian package openttd-opensfx"):
        read_opensfx(Path("/nowhere/opensfx.cat"))
