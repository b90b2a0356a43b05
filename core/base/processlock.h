#pragma once

class QLockFile;

namespace talkbench::base {

/// Locks until unlock(), or until this process ends, however long that takes: no lock is stale by its age. What a process has left
/// that was killed between making the file and writing its name into it is taken over, from a second after that on.
/// False as QLockFile::tryLock(); its error() says why.
bool lockForProcess(QLockFile &lock, int waitMs = 0);

} // namespace talkbench::base
