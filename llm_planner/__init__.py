"""From a request and its session to an outcome: a plan, a question, a refusal or an answer. Knows no Ray, no HTTP."""
