"""Frames around the sound a clause is about; the first that fits names it."""

import re


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_BE = r"(?:is|are|was|were)"
_ASKED_WHEN = (
    r"(?:when|whens|where|wheres|whereabouts|at what time|what time|(?:at|in|on) (?:which|what) (?:seconds?|"
    r"minutes?|points?|moments?|"
    r"times?|parts?|places?)|which (?:seconds?|parts?)|from when to when|how far in(?:to \S+(?: \w+)?)?)"
)
CLAUSES = _compiled(
    rf"\b{_ASKED_WHEN}\b(?:'s)?(?:\s+(?:exactly|precisely|in \S+(?: \w+)?))*\s+(?:does|do|did|is|are|was|were|can|"
    r"could|will|would)\s+"
    r"(?:(?:i|you|we|one)\s+(?:hear|find|detect|notice|catch|get)\s+|there\s+)?(?P<target>.+)$",
    r"\b(?:times?|timestamps?|moments?|points?|seconds?|places?|parts?|span|period)\s+(?:at which|in which|during "
    r"which|when|where|that|"
    r"(?=the\b|an?\b))\s*(?P<target>.+)$",
    rf"\b{_ASKED_WHEN}\s+(?P<target>(?!to\b|so\b).+)$",
    rf"^(?:does|do|did|{_BE}|has|have)\s+(?P<target>(?:an?|any|the|my|our|some)\s.+)$",
)
"""Here the sound comes with what it does: "when the dog barks"."""

SOUND_VERB = (
    r"(?:bark|ring|cr(?:y|ie)|sneeze|crow|toll|pass|passe|break|meow|howl|honk|chirp|speak|talk|laugh|scream|"
    r"explode|sing|play|blow|knock|roar|"
    r"buzz|buzze|beep|shatter|slam|squeak|squeal|hoot|croak|moo|neigh|bleat|quack|cluck|growl|hiss|hisse|snore|"
    r"cough|clap|applaud|cheer|shout|"
    r"yell|whistle|chime|tick|click|rattle|rumble|strike|fire|land|fl(?:y|ie)|crash|crashe|bounce|drip|burst|pop|"
    r"crack|start|stop)s?"
)
"""What sounding things do, in the third person or not."""
_DETERMINER = r"(?:the|an?|any|some|my|our|your|his|her|its|their|that|this|those|every|each|all|one|just the|only the)"
_MODAL = r"(?:may|might|must|can|could|should|would|will|is|are|was|were|has|have|had)"
TOLD = _compiled(
    rf"^(?:not sure|i wonder|check|find out|see)?\W*(?:if|whether)?\s*there(?:'s| is| are| was| were| might be| "
    rf"may be| should be)\s+(?P<target>{_DETERMINER}\s.+)$",
    rf"^(?:(?:somewhere|here|there|at some point|(?:in|on|during|within)\s(?:the|this|my|that)\s\w+),?\s+)?"
    rf"(?P<target>{_DETERMINER}\s(?:[\w'-]+\s){{0,2}}?[\w'-]+)\s+(?:{_MODAL}|{SOUND_VERB})\b.*$",
    r"^\w+(?:\s+(?:me|us|out|up|off|away|down))*\s+(?P<target>(?:the|an?|that|every|all|any|some|his|her|my)\s.+)$",
)
"""Statements and commands that name the sound where no frame below does."""

CONSTRUCTIONS = _compiled(
    r"^(?:all|what|the only thing|the one thing) (?:that )?(?:i|we)\b.*?\b(?:is|are|was)\s+(?P<target>.+)$",
    r"^(?:can|could|may)?\s*(?P<target>(?:the|an?)\s[^,]+?)\s+be\s+(?:put|moved|isolated|extracted|taken|cut|pulled|"
    r"separated|saved|stored)\b",
    r"^(?:have|save|spare|leave|hand|pass|give|get|fetch)\s+(?:(?:me|us)\s+)?(?P<target>(?:the|"
    r"an?)\s.+?)\s+as\s+(?:an?|"
    r"its)\b",
    r"\b(?:have|get|want|need|like)\s+(?P<target>(?:the|an?|my|our|his|her)\s[^,]+?)\s+(?:isolated|extracted|separated|"
    r"freed|detached|singled out|cut out|taken out)\b",
    r"\bnothing\b[^,]*?\b(?:but|except(?: for)?|other than|apart from|besides)\s+"
    r"(?P<target>(?:(?!\b(?:is|are|remains?|stays?|can)\b).)+)$",
    r"^(?:i|we)(?:'m sure i| am sure i| think i)?\s+(?:just\s+|clearly\s+|also\s+)?(?:heard|noticed|recogni[sz]ed|"
    r"spotted|caught)\s+(?P<target>.+)$",
    r"\b(?:bits?|parts?|spots?|passages?|scenes?)\s+(?:with|of|where|when|in which)\s+(?P<target>.+)$",
    r"\b(?:contains?|includes?|features?)\s+(?P<target>.+)$",
    r"^target(?: sound)?\s*(?::|is|=)\s*(?P<target>.+)$",
    rf"^(?P<target>(?:the |an? )?(?:[\w'-]+ ){{0,3}}[\w'-]+)\s*[,:]\s*(?:so\s+)?{_ASKED_WHEN}\b.*$",
    r"\b(?:jump|skip|go|seek|forward|scroll)\s+(?:straight\s+|directly\s+|right\s+)?to\s+(?P<target>[^,]+)",
    rf"\bhow far\b.*?\b(?:{_BE}|does|do|comes?)\s+(?P<target>.+)$",
    r"\b(?:has|have|had)\b.*?\bgot\s+(?P<target>.+)$",
    r"^(?P<target>(?:the |an? )?.+?)\s+(?:should|shall|must|may|can|is to)\s+(?:remain|stay|survive|be (?:kept|left|"
    r"heard))\b",
)
"""These name the sound so clearly that they win over what a clause says it does."""

PHRASES = _compiled(
    r"\b(?:all|everything|anything|every|sounds?|noises?|rest|others?)\b[^,]*?\b(?:but|except(?: for)?|other than|"
    r"apart from|besides|isn't|is not|aren't|are not)"
    r"\s+(?:for\s+)?(?P<target>.+)$",
    r"\b(?:track|file|clip|version|audio|recording|wav)\s+(?:of|with|containing|for)\s+(?:only|just|solely|nothing "
    r"but)\s+(?P<target>.+)$",
    r"\b(?:i'm|i am|we're|we are)\s+(?:only\s+|just\s+)?(?:after|interested in)\s+(?P<target>.+)$",
    r"\bcare\s+(?:only\s+|just\s+)?about\s+(?P<target>.+)$",
    r"\b(?:report|list|count|timestamp|note|log|show|name)\s+(?:me\s+)?(?P<target>(?:every|each|all)\s+.+)$",
    rf"^(?:and\s+)?{_BE}\s+(?P<target>(?:the |an? |any ).+?)\s+(?:heard|audible|present|detectable|in|on|somewhere|"
    r"anywhere|part of)\b",
    r"\bget (?:hold|rid of all but) of\s+(?P<target>.+)$",
    r"\b(?:pull|turn|bring)\s+(?P<target>[^,]+?)\s+(?:up|forward|to the front)\b",
    r"\bleave (?:me|us) with\s+(?P<target>.+)$",
    r"\b(?:hear|listen to|have|hearing|listening to)\s+(?P<target>(?!(?:it|that|this|them)\b).+?)\s+(?:alone|"
    r"by (?:itself|themselves)|on (?:its|their) own|in isolation|only|isolated)\b",
    r"\bin which (?:nothing but|only|just)\s+(?P<target>.+?)\s+(?:is|are|remains?|stays?|can be)\b.*$",
    r"^(?:remove|drop|delete|mute|throw (?:out|away)|get rid of|discard|silence|kill|"
    r"lose)\s+(?P<target>everything else|all (?:the )?(?:other|others|else)\b.*|the (?:rest|others?)\b.*)$",
    r"^(?:can|could|do|did|does)?\s*(?:you|i|we|one)?\s*(?:hear|make out|perceive|notice)\s+(?P<target>.+)$",
    r"^(?P<target>(?:just |only )?the .+?)\s+(?:is|are) (?:all|the only thing|what) (?:that )?i (?:want|need|"
    r"care about|am after)\b",
    r"^(?:and\s+)?(?:is|are|was|were)\s+(?P<target>(?:the|an?|any)\s.+?)\s+(?:in|on|audible|present|part of|"
    r"somewhere|anywhere)\b",
    r"\b(?:interval|range|span|period|segment|stretch)s?\s+of\s+(?P<target>.+)$",
    r"\blet (?:me|us) (?:have|hear|get)\s+(?P<target>.+)$",
    r"\b(?:peel|pry|strip|shave|lift)\s+(?P<target>.+?)\s+(?:off|from|away|out)\b",
    r"\beverything (?:but|except|other than|apart from|besides|that is not|that isn't)(?: for)?\s+(?P<target>.+)$",
    r"\b(?:all|anything) (?:but|except)\s+(?P<target>.+)$",
    r"\bso that only\s+(?P<target>.+?)\s+(?:remains?|is left|can be heard|stays?|survives?)",
    r"\b(?:keep|keeping|leave|leaving|retain|preserve|want|need|give|hear|send|get|have|care|"
    r"interested)\b.*?\b(?:only|just|nothing but|solely)\s+(?:about\s+|in\s+|for\s+)?(?P<target>.+)$",
    r"\b(?:is|are|was|were) there\s+(?P<target>.+)$",
    r"\b(?:does|do|can|could|did)\s+(?:it|i|you|we|one|anyone|this|that|(?:the|this|my) \w+|FILE\d+)\s+(?:hear|"
    r"detect|find|contain|have|catch|include|notice|spot)s?\s+(?P<target>.+)$",
    r"\b(?:contains?|includes?|features?)\s+(?P<target>.+)$",
    r"\b(?:when|where|at what time|what time|at which (?:second|point|moment|time)|at what (?:second|point|"
    r"moment)|which second|how far in|from when to when|in which part)\b(?:\s+(?:exactly|in \S+(?: \w+)?|"
    r"precisely))*\s+(?:does|do|did|is|are|was|were|can|could|will|would)\s+(?:(?:i|you|we|one)\s+(?:hear|find|"
    r"detect|notice|catch|get)\s+|there\s+)?(?P<target>.+)$",
    r"\b(?:times?|timestamps?|moments?|points?|seconds?|positions?|places?|onsets?|offsets?|start and end|"
    r"begin and end|beginning and end|occurrences?|instances?|location)\s+(?:of|for|at which|in which|when|"
    r"where|with|that|(?=the\b|an?\b))\s*(?P<target>.+)$",
    r"\b(?:if|whether)\s+(?:and when\s+)?(?:there (?:is|are|was)|there's|i can hear|it (?:contains|has)|you (?:can "
    r")?hear|one can hear|we (?:can )?hear)?\s*(?P<target>.+)$",
    r"\b(?:when|where|at what time|at which (?:second|point|moment|time))\s+(?P<target>.+)$",
    r"\b(?:look|looking|search|searching|listen|listening|scan|scanning|check|watch|hunt|"
    r"hunting)\b.*?\bfor\s+(?P<target>.+)$",
    r"\b(?:extraction|extract|detection|detect|separation|target)\s*(?:for|:|of)\s+(?P<target>.+)$",
    r"\b(?:filter|single|pull|take|get|pick|lift|carve|fish|cut|separate|tease|"
    r"dig)\s+(?P<target>(?!out\b)[^,]+?)\s+(?:out|apart)\b",
    r"\bhow (?:long|often|many times)\s+(?:(?:does|do|did|is|are|can i hear)\s+)?(?P<target>.+)$",
    r"\b(?:extract(?:ing)?|isolat(?:e|ing)|pull(?:ing)?(?: out)?|tak(?:e|ing)(?: out)?|get(?:ting)?(?: out)?|"
    r"lift(?: out)?|carve out|cut out|fish(?: out)?|pick out|single out|separate out|grab|retrieve|keep|keeping|"
    r"leave|retain|preserve|filter out|"
    r"separat(?:e|ing)|split(?: off)?|detach|part|solo|find|finding|locat(?:e|ing)|pinpoint|spot|"
    r"detect(?:ing)?|mark|track down|identify|determine|notice|tease out|distil|distill|peel|harvest|rescue|"
    r"salvage)\s+(?:me\s+|out\s+)?(?P<target>.+)$",
    r"\b(?:there(?:'s| is| are)|one hears|you hear|we hear)\s+(?P<target>.+?)(?:,|\.|$)",
    r"\b(?:give|hand|send|bring|show|tell)\s+(?:me|us)\s+(?P<target>.+)$",
    r"\b(?:want|need|like|love)(?: to (?:have|hear|know))?\s+(?P<target>.+)$",
)
ANYTHING = re.compile(
    r"^(?:and |just |only |what about |how about |now |i mean |maybe |perhaps |i want |it'?s |let'?s take "
    r")*(?P<target>.+)$",
    re.IGNORECASE,
)
"""What is left where nothing else fits."""
