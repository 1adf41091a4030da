# What is changed in the configuration that Serve writes for HAProxy.

# HAProxy would not see that a client leaves before its answer if the request's body had come after its head.
/option splice-request/d

# A replica that is gone is told as such, and when to ask again; Serve would make a plain 500 of it.
s/errorfile 502 .*/http-error status 502 content-type application\/json string '{"error":{"type":"model_error","code":"model_lost","message":"The process that worked on this is gone; ask again.","param":null,"hint":null,"request_id":"-"}}' hdr Retry-After 1/
s/errorfile 503 .*/http-error status 503 content-type application\/json string '{"error":{"type":"model_error","code":"model_unavailable","message":"No process can take this now; ask again.","param":null,"hint":null,"request_id":"-"}}' hdr Retry-After 1/

# Every path is the ingress's. A proxy that knows of none has just begun, and says 404 only for that.
s/http-request return status 404 .*/http-request return status 503 content-type application\/json string '{"error":{"type":"model_error","code":"model_unavailable","message":"The server is starting; ask again.","param":null,"hint":null,"request_id":"-"}}' hdr Retry-After 1/
