#pragma once

namespace talkbench::app {

/// A thousand streams are a thousand sockets, more than the usual soft limit.
void raiseFileLimit();

} // namespace talkbench::app
