"""What the templates' slots may hold, and sentences used as content that must not decide anything."""

import random
from collections.abc import Callable

AUDIO = (
    "this recording|the recording|this audio|the audio|this clip|the clip|my voice memo|the file|this file|the sound file|"
    "the attached audio|the attached file|what i uploaded|my upload|this sound|the track|that recording|the first recording|"
    "the second recording|the last one|the result|the output|the cleaned audio|the audio from before|the generated audio|"
    "the song|this podcast|the street recording|my field recording|the tape|this mp3|the sample|the wav|the concert recording|"
    "this wav file|the sound clip|that sound|the previous audio|the original|the new file|it|this|that|this one|the mixture"
).split("|")
SPEECH = (
    "this recording|the interview|this interview|the lecture|this phone call|the voicemail|the podcast episode|the speech|"
    "his voice message|my dictation|the meeting|the talk|this conversation|her speech|the voice note|the sermon|the news report|"
    "the radio show|this voice memo|the dialogue|the call|the audio|this clip|the presentation|the announcement|what i recorded|"
    "my memo|the witness statement|the commentary|the file|the recording of the seminar|it|that|the result|the first speaker|"
    "the second voice|the cleaned speech|the debate|grandpa's story|the audiobook chapter|the hearing|this testimony"
).split("|")
MIXTURES = (
    "the mixture|this mix|the overlapping speech|the mixed conversation|this recording of two people|the overlapped voices|"
    "the panel discussion|the cross-talk|the argument between two men|this crowded call|the debate|the two-person recording|"
    "the conversation|the audio with two speakers|this duet of talkers|the mixed speech|the interview with cross talk|the dialog"
).split("|")
SOUNDS = (
    "dog barking|dog|barking|cat meowing|cat|bird|birds singing|bird song|rooster|cow|sheep|horse|frog croaking|crickets|bees|owl|"
    "car horn|siren|ambulance siren|police siren|engine|motorcycle|truck passing by|train|train whistle|airplane|helicopter|"
    "bicycle bell|traffic|footsteps|footsteps on gravel|door slam|door knock|doorbell|creaking door|window breaking|glass breaking|"
    "rain|heavy rain|thunder|thunderstorm|wind|waves|ocean waves|river|waterfall|fire crackling|explosion|gunshot|fireworks|"
    "applause|crowd|crowd cheering|laughter|baby crying|child laughing|people talking|man speaking|woman speaking|scream|cough|"
    "sneeze|snoring|whistling|singing|choir|piano|violin|guitar|electric guitar|drums|drum|trumpet|flute|saxophone|cello|bass|organ|"
    "accordion|harp|church bells|bell|alarm clock|phone ringing|telephone|keyboard|typing|keyboard typing|mouse click|printer|"
    "vacuum cleaner|washing machine|blender|microwave|hair dryer|fan|air conditioner|lawn mower|chainsaw|drill|hammer|hammering|"
    "saw|sewing machine|clock ticking|camera shutter|water dripping|toilet flush|boiling kettle|frying pan|toast|coffee machine|"
    "radio|television|speech|music|singer|narrator|announcement|translator speaking|microphone feedback|static|beep|buzzer|"
    "spaceship|robot|dragon|wolf howling|lion roaring|elephant|monkey|parrot|chicken|duck quacking|insects|seagulls|"
    "steam train|tractor|subway|bus|skateboard|basketball|tennis match|whip|zipper|paper tearing|coins|keys|explosive sound"
).split("|")
MUSIC = (
    "music|calm piano music|relaxing music|jazz|rock music|classical music|background music|lo-fi beat|techno|a waltz|"
    "cheerful ukulele music|sad violin music|ambient music|orchestral music|hip hop beat|epic film music|a lullaby melody|"
    "piano piece|guitar music|blues|folk music|an upbeat tune|meditation music|electronic music|a symphony|dance music|song"
).split("|")
NOISES = (
    "noise|background noise|hiss|hum|wind noise|wind|static|crackle|traffic noise|fan noise|air conditioning|buzzing|rumble|"
    "room noise|cafe noise|street noise|chatter in the background|rain noise|engine noise|keyboard clatter|mains hum|interference|"
    "background sounds|white noise|noise of the vacuum cleaner|tape hiss|crowd noise|noises|distortion and noise|noise of the train"
).split("|")
PEOPLE = (
    "the speaker|he|she|the man|the woman|the guy|the lady|this person|the person|my boss|the teacher|the presenter|the caller|"
    "the host|the girl|the boy|grandma|the professor|the witness|obama|my friend|the actor|the customer|someone|the reporter|anna"
).split("|")
PICTURES = (
    "this picture|the picture|this image|the image|the photo|this photo|my photo|this photograph|the drawing|the painting|"
    "the attached picture|the attached image|the screenshot|this painting|the snapshot|the png|the jpg|the portrait|"
    "the picture from before|the uploaded image|the postcard|the photo of the beach|the picture of the cat"
).split("|")
FACES = (
    "portrait|face|woman in the photo|man in the picture|person in this image|girl in the picture|avatar|photo|picture|image|"
    "woman|man|person|statue|guy in the photo|lady in the painting|selfie|headshot|picture of my boss|mona lisa"
).split("|")
LANGUAGES = (
    "english|french|spanish|german|italian|portuguese|chinese|mandarin|japanese|korean|russian|arabic|hindi|dutch|polish|"
    "turkish|swedish|greek|czech|catalan|ukrainian|vietnamese|finnish|hebrew|danish"
).split("|")
PLACES = ("paris|london|tokyo|berlin|new york|rome|madrid|australia|france|the moon|my city|venice|cairo|boston").split(
    "|"
)
DIRECTIONS = (
    "to the left|on my left|from the right|on the right|behind me|from behind|in front of me|45 degrees to the left|"
    "at 90 degrees|30 degrees to the right|on the left side|at my left ear|hard left|above me|at -60 degrees|to my right|"
    "slightly to the left|straight ahead|at an azimuth of 120 degrees|60 degrees left|in my right ear|beside me"
).split("|")
STATEMENTS = (
    "the vacuum cleaner is broken|the train leaves at nine|dinner is ready|the meeting is cancelled|the dog barks all night|"
    "i will be late|the guitar needs new strings|we have to clean the kitchen|the transcript was lost|the siren is only a test|"
    "the noise upstairs never stops|the singer is ill|nobody can translate this|the washing machine is done|the piano is out of tune|"
    "the camera captured the picture|the store opens at ten|my phone is ringing|the drill makes a hole in the wall|"
    "it will rain tomorrow|there is a gap in the fence|the speakers are sold out|the alarm goes off at six|the show starts now|"
    "the recording studio is closed|the police separated the two men|the bird sings in the tree|the car horn does not work"
).split("|")
QUOTES = (
    '"..."',
    '"..."',
    '"..."',
    "the text",
    "hello world",
    "good morning everyone",
    "i love you",
    "my name is audio gpt",
)
NOTES = (
    "c4 d4 e4",
    "c4, e4, g4",
    "e4 rest g4",
    "c#4/db4 | f#4/gb4 | rest",
    "g3 g3 a3 b3",
    "a4 b4 c5",
    "f4 f4 e4",
    "60 62 64",
)
DURATIONS_LISTS = (
    "0.5 0.5 1",
    "0.3, 0.2, 0.5",
    "half a second each",
    "0.22 | 0.41 | 0.17",
    "1 second each",
    "0.4 seconds each",
)
DURATIONS = (
    "5 seconds",
    "ten seconds",
    "30 s",
    "half a minute",
    "a minute",
    "2 minutes",
    "three seconds",
    "20 seconds",
)
RANGES = (
    "from 1 to 2 seconds|between 1.9 and 3.8 seconds|from 0.5 s to 1.2 s|from second 3 to second 5|1.2 to 1.8 s|"
    "between 2 and 3 s|00:01-00:02|at 00:05 to 00:07|from 0:30 until 0:32|starting at 4 seconds and ending at 5|"
    "in seconds 3 through 5|the part from 1 to 2 s|from one to two seconds|the first second|between second 2 and second 4"
).split("|")

SLOTS: dict[str, tuple[str, ...]] = {
    "A": tuple(AUDIO),
    "S": tuple(SPEECH),
    "M": tuple(MIXTURES),
    "V": tuple(SOUNDS),
    "MUSIC": tuple(MUSIC),
    "NOISE": tuple(NOISES),
    "PERSON": tuple(PEOPLE),
    "I": tuple(PICTURES),
    "FACE": tuple(FACES),
    "LANG": tuple(LANGUAGES),
    "LANG2": tuple(LANGUAGES),
    "PLACE": tuple(PLACES),
    "DIR": tuple(DIRECTIONS),
    "STATEMENT": tuple(STATEMENTS),
    "Q": QUOTES,
    "NOTES": NOTES,
    "DURS": DURATIONS_LISTS,
    "DUR": DURATIONS,
    "R": tuple(RANGES),
}


_SUBJECTS = (
    "the library|the vacuum cleaner|the dog|our train|the guitar|my sister|the meeting|lunch|the museum|the singer|the camera|the phone|"
    "the siren|the bus to town|the piano|the picture in the hall|the recording|the transcript|the concert|the store|the lift|the ship|"
    "the noise upstairs|the speaker|the alarm|the printer|the garden|school|the translator|the radio|the mayor|the children|everybody|"
    "the last flight|the microphone|the drummer|the rain|winter|the boss|the exam|the video|the portrait|the birthday party|platform nine"
).split("|")
_PREDICATES = (
    "is broken|closes in ten minutes|starts at eight|is cancelled|has been stolen|will be late|is ready|barks all night|leaves at noon|"
    "needs to be cleaned|was separated from the rest|opens on Monday|is out of tune|has moved to the second floor|is coming to town|"
    "must be repaired|sings in the choir|has been translated|is now on stage|cannot be heard|was recorded yesterday|is too loud|"
    "will arrive soon|stays closed until further notice|is only a test|detects smoke|has won the prize|makes a strange sound|"
    "is waiting at the door|ends at midnight|was found in the kitchen|does not work|has to be described in words|turns left here"
).split("|")


def fill(name: str, rng: random.Random) -> str:
    """Return one filling of a slot; most statements are put together from subject and predicate."""
    if name == "STATEMENT" and rng.random() < 0.7:  # the fixed ones are few
        return f"{rng.choice(_SUBJECTS)} {rng.choice(_PREDICATES)}"
    return rng.choice(SLOTS[name])


Filler = Callable[[str, random.Random], str]
