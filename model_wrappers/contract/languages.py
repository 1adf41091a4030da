"""Facts about languages: their codes, their names in English and their own, and what callers write for them."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticUseDefault

# ISO 639-1 code, where there is one; other codes of ISO 639 for it; names, the English one first; its own names.
_TABLE = """
af|afr|Afrikaans|Afrikaans
am|amh|Amharic|አማርኛ
an|arg|Aragonese|aragonés
ar|ara,arb|Arabic|العربية
as|asm|Assamese|অসমীয়া
az|aze,azj|Azerbaijani,Azeri|azərbaycan dili,azərbaycanca
ba|bak|Bashkir|башҡорт теле
be|bel|Belarusian|беларуская
bg|bul|Bulgarian|български
bn|ben|Bengali,Bangla|বাংলা
bo|bod,tib|Tibetan|བོད་སྐད
br|bre|Breton|brezhoneg
bs|bos|Bosnian|bosanski
ca|cat|Catalan,Valencian|català
cs|ces,cze|Czech|čeština,česky
cy|cym,wel|Welsh|Cymraeg
da|dan|Danish|dansk
de|deu,ger|German,allemand|Deutsch
el|ell,gre|Greek|ελληνικά
en|eng|English,American English,British English,inglés,anglais|English
eo|epo|Esperanto|Esperanto
es|spa|Spanish,Castilian,Mexican Spanish,Latin American Spanish|español,espanol,castellano
et|est,ekk|Estonian|eesti keel,eesti
eu|eus,baq|Basque|euskara
fa|fas,per,pes,prs|Persian,Farsi,Dari|فارسی,دری
fi|fin|Finnish|suomi
fj|fij|Fijian|vosa vakaviti
fo|fao|Faroese|føroyskt
fr|fra,fre|French,Canadian French|français,francais
ga|gle|Irish,Gaelic|Gaeilge
gd|gla|Scottish Gaelic|Gàidhlig
gl|glg|Galician|galego
gn|grn|Guarani|avañeʼẽ
gu|guj|Gujarati|ગુજરાતી
haw||Hawaiian|ʻŌlelo Hawaiʻi
ha|hau|Hausa|Hausa
he|heb,iw|Hebrew|עברית
hi|hin|Hindi|हिन्दी,हिंदी
hr|hrv|Croatian|hrvatski
ht|hat|Haitian Creole|kreyòl ayisyen
hu|hun|Hungarian|magyar
hy|hye,arm|Armenian|հայերեն
ia|ina|Interlingua|interlingua
id|ind,in|Indonesian|bahasa Indonesia
ig|ibo|Igbo|Igbo
io|ido|Ido|Ido
is|isl,ice|Icelandic|íslenska
it|ita|Italian|italiano
ja|jpn|Japanese|日本語
jv|jav,jw|Javanese|basa Jawa
ka|kat,geo|Georgian|ქართული
kk|kaz|Kazakh|қазақ тілі,қазақша
kl|kal|Greenlandic|kalaallisut
km|khm|Khmer,Cambodian|ខ្មែរ,ភាសាខ្មែរ
kn|kan|Kannada|ಕನ್ನಡ
ko|kor|Korean|한국어
ku|kur,kmr|Kurdish|kurdî
ky|kir|Kyrgyz,Kirghiz|кыргызча
la|lat|Latin|lingua latina
lb|ltz|Luxembourgish|Lëtzebuergesch
ln|lin|Lingala|lingála
lo|lao|Lao|ລາວ,ພາສາລາວ
lt|lit|Lithuanian|lietuvių,lietuvių kalba
lv|lav,lvs|Latvian|latviešu,latviešu valoda
mg|mlg,plt|Malagasy|Malagasy
mi|mri,mao|Maori|te reo Māori,Māori
mk|mkd,mac|Macedonian|македонски
ml|mal|Malayalam|മലയാളം
mn|mon,khk|Mongolian|монгол,монгол хэл
mr|mar|Marathi|मराठी
ms|msa,may,zsm|Malay|bahasa Melayu
mt|mlt|Maltese|Malti
my|mya,bur|Burmese,Myanmar|မြန်မာ,မြန်မာဘာသာ
ne|nep,npi|Nepali|नेपाली
nl|nld,dut|Dutch,Flemish|Nederlands,Vlaams
nn|nno|Norwegian Nynorsk,Nynorsk|nynorsk
no|nor,nob,nb|Norwegian,Norwegian Bokmål,Bokmål|norsk,norsk bokmål
oc|oci|Occitan|occitan
om|orm,gaz|Oromo|Oromoo,afaan Oromoo
or|ori,ory|Odia,Oriya|ଓଡ଼ିଆ
pa|pan|Punjabi,Panjabi|ਪੰਜਾਬੀ
pl|pol|Polish|polski
ps|pus,pbt|Pashto|پښتو
pt|por|Portuguese,Brazilian Portuguese,Brazilian,European Portuguese|português,portugues
qu|que,quz|Quechua|runasimi
ro|ron,rum,mo|Romanian,Moldavian,Moldovan|română
ru|rus|Russian|русский,русский язык
sa|san|Sanskrit|संस्कृतम्
sc|srd|Sardinian|sardu
sd|snd|Sindhi|سنڌي
si|sin|Sinhala,Sinhalese|සිංහල
sk|slk,slo|Slovak|slovenčina,slovensky
sl|slv|Slovenian,Slovene|slovenščina
sm|smo|Samoan|gagana Sāmoa
sn|sna|Shona|chiShona
so|som|Somali|Soomaali,af Soomaali
sq|sqi,alb|Albanian|shqip
sr|srp,sh|Serbian|српски,srpski
su|sun|Sundanese|basa Sunda
sv|swe|Swedish|svenska
sw|swa,swh|Swahili|Kiswahili
ta|tam|Tamil|தமிழ்
te|tel|Telugu|తెలుగు
tg|tgk|Tajik|тоҷикӣ
th|tha|Thai|ไทย,ภาษาไทย
ti|tir|Tigrinya|ትግርኛ
tk|tuk|Turkmen|türkmençe,türkmen dili
tl|tgl,fil|Tagalog,Filipino|Tagalog
tn|tsn|Tswana,Setswana|Setswana
to|ton|Tongan|lea faka-Tonga
tr|tur|Turkish|Türkçe
tt|tat|Tatar|татар теле
ug|uig|Uyghur,Uighur|ئۇيغۇرچە
uk|ukr|Ukrainian|українська
ur|urd|Urdu|اردو
uz|uzb,uzn|Uzbek|oʻzbek,o'zbek tili
vi|vie|Vietnamese|tiếng Việt
xh|xho|Xhosa|isiXhosa
yi|yid,ji|Yiddish|ייִדיש
yo|yor|Yoruba|Yorùbá
zh|zho,chi,cmn,yue|Chinese,Mandarin,Mandarin Chinese,Cantonese,Simplified Chinese,Traditional Chinese|中文,汉语,漢語
zu|zul|Zulu|isiZulu
"""
ABSENT = frozenset(
    ("", "auto", "automatic", "auto-detect", "autodetect", "detect", "und", "mul", "multi", "none", "null")
)
WRITTEN_WITHOUT_SPACES = frozenset(("bo", "ja", "km", "lo", "my", "th", "zh"))
MAX_CHARACTERS = 100  # of what a caller writes for a language
# A language tag of BCP 47 (`en-US`, `zh-Hant-TW`), or a locale of POSIX (`en_GB.UTF-8`).
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*(?:\.[a-z0-9-]+)?(?:@[a-z]+)?")
_REGION = re.compile(r"(?<!\s)\s*[(,].*")  # of a name: "Portuguese (Brazil)"


def _rows() -> Iterator[tuple[str, list[str], list[str], list[str]]]:
    for line in _TABLE.strip().splitlines():
        code, codes, english, native = line.split("|")
        yield code, codes.split(",") if codes else [], english.split(","), native.split(",")


_ENGLISH = {code: english[0] for code, _, english, _ in _rows()}
_NATIVE = {code: native[0] for code, _, _, native in _rows()}
_CODES = {other: code for code, codes, _, _ in _rows() for other in (code, *codes)}
NAMES: dict[str, str] = {name.casefold(): code for code, _, english, native in _rows() for name in (*english, *native)}
"""Codes by name in lower case; a language's common English name comes before its others."""


def language_name(code: str) -> str:
    """Return the English name of a language, e.g. `German`; the code itself where none is known."""
    return _ENGLISH.get(code, code)


def native_name(code: str) -> str:
    """Return a language's name in itself, e.g. `Deutsch`; the code itself where none is known."""
    return _NATIVE.get(code, code)


def language_code(text: str) -> str | None:
    """Return the ISO 639-1 code of what somebody wrote for a language, None where it is to be detected.

    Args:
        text: A code of ISO 639, a tag of BCP 47, a locale, a name in English or in the language itself, or `auto`.

    Returns:
        The code; one of three letters where there is none of two. A code that no model knows is returned as it is.

    Raises:
        ValueError: If it is none of these.
    """
    written = unicodedata.normalize("NFC", text).strip().casefold()
    if written in ABSENT:
        return None
    for name in (written, _REGION.sub("", written)):
        if name in NAMES:
            return NAMES[name]
        if tag := _TAG.fullmatch(name):
            return _CODES.get(tag[1], tag[1])
    raise ValueError("no language of that name is known; write its ISO 639-1 code, such as 'en', or its English name")


def _read(value: object) -> object:
    if value is None:
        raise PydanticUseDefault
    if not isinstance(value, str):
        return value
    try:
        code = language_code(value)
    except ValueError as exc:
        raise PydanticCustomError("language", "{reason}", {"reason": str(exc)}) from exc
    if code is None:
        raise PydanticUseDefault
    return code


LanguageCode = Annotated[
    str, BeforeValidator(_read), WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS})
]
"""A code in a field that takes whatever `language_code` does; `auto` leaves the field at its default."""
