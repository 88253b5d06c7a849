//! The engine's ports on the web platform, and the client object that app and worker share.
