"""Clauses that say nothing alone and belong to a neighbour."""

import re

LIGHT = re.compile(
    r"^(?:please )?(?:generate|create|make|do|produce|fix|solve|show|tell|give|find|help|play|render|build|let me "
    r"(?:know|hear|see|listen)|go(?: ahead)?|"
    r"write|name|list|when|where|which|why|how|if so,? when|and when|can you|could you|would you)"
    r"(?: (?:it|that|this|me|us|them|so|one|exactly|with (?:it|that|this)))*(?: please| for me| now| then| do "
    r"(?:it|that|so))*[\s.!?]*$",
    re.IGNORECASE,
)
"""Asks for nothing by itself: "generate it", "tell me"."""
DELIVERED = re.compile(
    r"^(?:please )?(?:(?:hand|give|send|pass|return|bring|show|deliver|play)(?: (?:me|us))? (?:it|that|this|them|the "
    r"result|the output)(?: (?:back|over))?(?: to (?:me|us))?|let (?:me|us) (?:hear|have|see|listen to) (?:it|that|"
    r"this|"
    r"them|the result)|let (?:me|us) listen)(?: (?:by itself|alone|on its own|please|then|as an? \w+|back))*[\s.!]*$",
    re.IGNORECASE,
)
""""Hand it to me": only what every result is for."""
IN_LANGUAGE = re.compile(
    r"^(?:please )?(?:answer|reply|respond|tell me|say it|give it|put it|write it|i(?:'d| would)? (?:want|need|like|"
    r"love|prefer) it)?(?: to me| "
    r"please)*\s*(?P<language>(?:in|into|as) (?:\w+)(?: language| text| words)?)(?: please)?[\s.!]*$",
    re.IGNORECASE,
)
"""Only the language of the answer: "in French, please"."""
PREPARATORY = re.compile(
    r"^(?:listen|go through|have an? (?:look|listen)|look at|imagine(?! the sounds?\b| what)|picture|"
    r"consider)\b(?!.*\bQUOTE)(?:\s+\S+){0,7}\s*[.!?]*$"
    r"|^(?:take|use|open|load|grab|play|start with|begin with|here is|read)\s+(?!.*QUOTE)(?:it|(?:this|that|the|"
    r"my)(?:\s+(?:(?!(?:of|in|from|for|on)\b)[\w'-]+\s+){0,3}?"
    r"(?:utterance|episode|mixture|recording|audio|file|clip|picture|image|photo|track|mp3|wav|speech|song|lecture|"
    r"interview|midi|"
    r"score|sheet|melody|portrait|sample|words|attachment|upload|tape|memo|message|conversation))?|"
    r"FILE\d+|what(?:'s| is| was| has been)? (?:being |)(?:said|spoken|heard))(?:\s+(?:in|from|of|on|i|we|that)\s+"
    r"(?:\w+\s+){0,3}\w+)?\s*[.!?]*$",
    re.IGNORECASE,
)
"""What is to be looked at before something is done with it: "take the recording"."""
