"""The languages of SeamlessM4T v2 by ISO 639-1 code, and its own three-letter names for them."""

_WRITTEN = """
af afr am amh ar arb as asm az azj be bel bn ben bs bos bg bul ca cat cs ces cy cym da dan de deu el ell en eng et est
eu eus fi fin fr fra ga gle gl glg gu guj he heb hi hin hr hrv hu hun hy hye ig ibo id ind is isl it ita jv jav ja jpn
kn kan ka kat kk kaz km khm ky kir ko kor lo lao lt lit lg lug lv lvs ml mal mr mar mk mkd mt mlt mn khk my mya nl nld
nn nno nb nob no nob ne npi ny nya or ory pa pan fa pes pl pol pt por ro ron ru rus sk slk sl slv sn sna sd snd so som
es spa sr srp sv swe sw swh ta tam te tel tg tgk tl tgl th tha tr tur uk ukr ur urd uz uzn vi vie yo yor zh cmn zu zul
"""
_SPOKEN = """
arb ben cat ces cmn cym dan deu eng est fin fra hin ind ita jpn kan kor mlt nld pes pol por ron rus slk spa swe swh tam
tel tgl tha tur ukr urd uzn vie
"""
_words = _WRITTEN.split()
WRITTEN = dict(zip(_words[::2], _words[1::2], strict=True))
"""What it reads, hears and writes."""
_spoken = frozenset(_SPOKEN.split())
SPOKEN = {code: name for code, name in WRITTEN.items() if name in _spoken}
"""What it speaks."""
