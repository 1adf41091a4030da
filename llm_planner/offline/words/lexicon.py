"""Words that decide where a clause begins and what it is: commands, questions, statements."""

import re


def words(text: str) -> frozenset[str]:
    """Return the words of a list written as one text."""
    return frozenset(text.split())


COMMANDS = words(
    "add adjust answer align alter analyse analyze animate annotate announce apply arrange articulate auralize "
    "auralise "
    "balance bring bridge build calculate caption capture change chant characterise characterize check chop "
    "classify clean cleanse clear clip clone combine complete compose compress compute construct convert copy correct "
    "count cover craft create croon crop cut declutter decode deduce dehum deliver denoise denote derive describe "
    "detail "
    "detect determine deverb dictate differentiate disentangle display distinguish divide do download dub duplicate "
    "edit eliminate emulate enhance enumerate erase evaluate examine execute expand explain export express extract "
    "fade fetch fill filter figure find finish fish fix follow generate get give go grab guess hand handle have "
    "hear help "
    "highlight hum identify illustrate imagine imitate impersonate improve increase inpaint inspect interpolate "
    "interpret "
    "invent isolate join jot keep kill label leave let lift list listen localise localize locate look lower make map "
    "mark mask master match measure merge mimic minimise minimize mix model modify morph move mute name narrate "
    "normalise normalize note notate observe offer open outline output overlay paint pan paraphrase parse pass "
    "patch peel "
    "perform pick pinpoint pitch place play plug polish position post prepare present preserve print process produce "
    "pronounce provide pull purge purify put quieten raise read realise recite recognise recognize reconstruct "
    "record recover rectify redo reduce regenerate reinstate remake remove render repair repeat replace rephrase "
    "report reproduce rescue resolve respond restore resynthesize retrieve return reveal reverse rework rewrite rid "
    "run "
    "salvage save say scan score scrub search seek send separate serve set share shift show silence simulate sing "
    "slice "
    "slow smooth solo sort sound spatialise spatialize speak specify speed spell split spot stitch store strip "
    "subtitle "
    "style sum summarise summarize suppress swap synthesise synthesize tag take talk tease tell tidy time touch "
    "trace track transcribe transfer transform translate transpose trim try tune turn type uncover understand undo "
    "unmix untangle unscramble unpick update upload upmix use utter verify visualise visualize vocalise vocalize voice "
    "warp wipe work write yank "
    "mend heal conceal dig drag revive freshen demix dehiss sonify synchronise synchronize reinvent timestamp "
    "catalogue serenade shove nudge rotate recount convey scribble tear untangle dream whip entitle rinse boost "
    "strengthen amplify hush email synth drive conjure apply"
)
"""Base forms a request may begin a command with."""

AND = r"(?:\s*,\s*(?:and\s+)?|\s+and\s+)"
"""What stands between two things of a row."""
OUTPUT = (
    r"(?:transcripts?|transcription|translations?|captions?|descriptions?|summary|timeline|talking head|talking "
    r"portrait|video|lists?|log|"
    r"(?:clean|cleaned|denoised|binaural|spatial|spoken|3d|enhanced|\w+ish|\w+ese|french|german|russian|korean|"
    r"greek|dutch|clear|sung|text|written|read-out|audio) (?:version|text|copy|rendering|recording)|subtitles)"
)
"""What a request may call the thing it wants made."""
_PREFIX = re.compile(
    r"^(?:(?:please|pls|plz|kindly|hey|hi|hello|ok|okay|alright|right|well|so|now|and|but|also|just|simply|then|first|"
    r"(?:first|second|third|last) of all|"
    r"firstly|second|secondly|third|thirdly|next|finally|lastly|last|to start|to begin with|at last|"
    r"afterwards?|after that|once (?:that's|that is|you're|you are) done|with that done|from (?:there|that)|"
    r"audio ?gpt|dear assistant|assistant|buddy|mate|yo|again|instead|maybe|perhaps|actually|quickly|"
    r"(?:if|whenever) (?:you can|possible|you could)|go (?:ahead|on)(?: and)?|do me a favou?r(?: and)?|be so "
    r"(?:kind|good)(?: as to)?|it would be (?:great|nice|good|lovely) to|"
    r"(?:i'?d|i would|we'?d|we would) (?:really )?(?:like|love|need|want) (?:you )?to|i (?:want|need|would like) "
    r"(?:you )?to|"
    r"i(?:'m| am) (?:going to|gonna) need you to|(?:can|could|would|will|may|might) (?:you|u|we|i)(?: please| maybe| "
    r"also| just| then| "
    r"possibly| kindly)*|would you be so (?:good|kind) as to|(?:are|would) you (?:be )?able to|is it possible to|"
    r"would it be possible to|would you mind|"
    r"do you mind|"
    r"let'?s|let us|try to|help me(?: to)?|i'?d appreciate it if you (?:could|would)|(?:i|we)(?:'d| would|"
    r" should) be (?:very )?(?:glad|happy|grateful|pleased|obliged) "
    r"if (?:you|we|i) (?:could|would|can)|it would be (?:great|nice|"
    r"lovely) if "
    r"you (?:could|would)|(?:how about|what about) (?:you )?|you (?:should|must|may|can|could|need to|have to)|your "
    r"(?:task|job) is to|"
    r"time to|want you to|need you to|(?:i )?(?:want|wish|need) that you|i was hoping you could|i should like you to|"
    r"need to|wanna|k(?=[\s,])|"
    r"you(?=\s+(?:sing|say|make|take|give|get|put|clean|remove|do|read|translate|transcribe|write|describe|separate|"
    r"split|fill|"
    r"place|caption)\b)|ask you to|"
    r"feel free to|mind)[\s,:!.-]+)+",
    re.IGNORECASE,
)
_DESIRE = re.compile(
    r"^(?:(?:for|from|of|with|to|in|on|as|at|out of|by|about)\s(?!case\b)[^,.;]{1,60}?,?\s+(?=(?:i|"
    r"we)\b(?!\s+have\b)))?"
    r"(?:(?:what )?(?:i|we|she|he|they|my \w+))(?:'d| would| should| do| really| just| also| then| now| further| only|"
    r" finally| \w+ly)*"
    r" (?:like|love|need|want|wanna|wish|prefer|fancy|could use|am "
    r"looking for|'m looking for|am after|'m after|require|wants?|needs?)\b|^(?:looking for|in need of|any chance|"
    r"(?:i|we)'(?:m|re) (?:after|looking for)|"
    r"come up with|think up)\b",
    re.IGNORECASE,
)
_DEMAND = re.compile(
    r"^(?:(?:the|this|that|these|those|its|my|our|his|her|every|each)\s+(?:[\w'-]+\s+){1,8}?|(?:it|he|she|they)\s+)"
    r"(?:should|must|has to|have to|is to|are to|ought to)\b",
    re.IGNORECASE,
)
_PREPOSITIONS = r"(?:from|with|using|in|for|on|out of|based on|of|at|to|like|as|within|given|after|through)"
_FRONTED = re.compile(
    rf"^{_PREPOSITIONS}\s+(?:\S+\s+){{0,7}}?\S+(?:,\s*(?:please\s+)?(?=(?:{'|'.join(sorted(COMMANDS))})\b)|"
    r"(?<!\bi)(?<!\bwe)(?<!\byou)(?<!\bthey)(?<!\bto)\s+(?=(?:please\s+)?(?:"
    + "|".join(
        sorted(
            COMMANDS
            - words(
                "sound time voice record note score name list track clip model pitch mix cut work set style "
                "place position mark match help order text call film process report print"
            )
        )
    )
    + r")\s+(?:it|me|the|that|this|only|just|out|QUOTE\d+|a|an|one|two|some|my|what|us|him|her|them|everything|all|"
    r"audio|sounds?|speech|text|music|noise)\b))",
    re.IGNORECASE,
)
_PLACED = re.compile(r"^(?:in|on|from|for|at|during|within)\s[^,]{2,40},\s+", re.IGNORECASE)
_QUESTION = re.compile(
    r"^(?:what|what's|whats|when|where|who|who's|whose|which|why|how|is|are|was|were|do|does|did|can|could|has|have|"
    r"at what|"
    r"at which|in what|in which|on what|from what|to what|between what|during which|whereabouts)\b",
    re.IGNORECASE,
)


def strip_prefix(clause: str) -> str:
    """Drop greetings, politeness and order words before a command."""
    stripped = _PREFIX.sub("", clause).strip()
    return stripped or clause.strip()


_GREETING = re.compile(
    r"^(?:hello|hi|hey|greetings|dear \w+|good (?:morning|afternoon|evening|day))(?: there| all| again|"
    r" everyone)?[\s,.!]*"
    r"(?:i have an? (?:\w+ )?(?:request|question|favou?r to ask)[\s.!,:]+|(?:i )?hope (?:you|all|everything)"
    r"(?:'re| are| is)?(?: doing)? (?:well|fine|good)[\s.!,]+|how are you[\s?!.,]+)?(?=\S)",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"[\s,.!?]*\b(?:(?:many )?thanks|thank you|cheers|thx)(?: (?:very much|a lot|so much|a million|in advance|for your "
    r"help|and bye))*[\s.!]*$",
    re.IGNORECASE,
)


def strip_courtesy(text: str) -> str:
    """Drop the greeting before a request and the thanks after it, unless there is nothing else."""
    stripped = _COURTESY.sub("", _GREETING.sub("", text)).strip()
    return stripped if len(stripped.split()) > 1 else text


_FUNCTION_WORDS = words(
    "i you he she it we they this that these those there the a an my your his her its our their who what which when "
    "where why how is are was "
    "were be been am do does did has have had can could will would shall should may might must not no yes and or "
    "but if because although "
    "while since unless for from with without in on at by to of off out up down over under into onto about after "
    "before between during "
    "through as than like so then also just only very too both each every all some any none one two three four five "
    "here now today "
    "yesterday tomorrow again well maybe perhaps hello hi hey thanks thank ok okay please sorry behind near inside "
    "outside around "
    "somebody someone something everybody everyone everything nobody nothing"
)
_OPEN_IMPERATIVE = re.compile(
    r"^(?P<verb>[a-z]+)\s+(?:(?:out|up|off|down|away|apart|back|in|over)\s+)?(?:the|this|that|these|those|it|them|me|"
    r"us|him|her|my|our|your|his|its|their|an?|all|"
    r"every|each|both|QUOTE\d+|FILE\d+)\b",
    re.IGNORECASE,
)


def words_of(clause: str) -> set[str]:
    """Return the words of a clause in lower case, without marks."""
    return {word.strip(".,;:?!()") for word in clause.casefold().split()} - {""}


def first_word(clause: str) -> str:
    """Return the first word of a clause without politeness, in lower case."""
    match = re.match(r"[\W_]*([\w'-]+)", strip_prefix(clause))
    return match[1].lower() if match else ""


def is_command_word(word: str) -> bool:
    """Tell whether a word is, or is the -ing form of, a verb that commands begin with."""
    word = word.lower().replace("-", "")
    if word in COMMANDS:
        return True
    if not word.endswith("ing") or len(word) < 6:
        return False
    stem = word.removesuffix("ing")
    return stem in COMMANDS or stem + "e" in COMMANDS or (stem[-1] == stem[-2] and stem[:-1] in COMMANDS)


def is_command(clause: str) -> bool:
    """Tell whether a clause asks for something in the imperative or as a wish."""
    bare = strip_prefix(clause)
    if any(pattern.match(text) for pattern in (_DESIRE, _DEMAND) for text in (clause, bare)):
        return True
    if match := _FRONTED.match(bare):
        return first_word(bare[match.end() :]) in COMMANDS
    if match := _OPEN_IMPERATIVE.match(bare):
        verb = match["verb"].lower()
        if verb not in _FUNCTION_WORDS and not verb.endswith(("s", "ed", "ing")):
            return True
    return first_word(clause).replace("-", "") in COMMANDS or (bare != clause and is_command_word(first_word(clause)))


def is_fronted(clause: str) -> bool:
    """Tell whether a clause is a command after a phrase: "from the clean file make a transcript"."""
    return bool(_FRONTED.match(strip_prefix(clause)))


def is_question(clause: str) -> bool:
    """Tell whether a clause is a question."""
    return clause.rstrip().endswith("?") or bool(_QUESTION.match(_PLACED.sub("", strip_prefix(clause))))
