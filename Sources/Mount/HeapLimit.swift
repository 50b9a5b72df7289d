import CMalloc

extension MountedFileSystem {
    /// Makes no more heaps than there are now: later threads share them. Call it before there are threads that decode.
    ///
    /// glibc gives each of the first threads a heap of its own, up to eight a core. What is decoded by one thread and dropped
    /// by another then leaves holes in all of them: after a walk through 3,000,000 messages 212 MB were in use with heaps
    /// without limit, 191 to 197 MB with the ones that exist when this is called, 156 MB with one for the whole program. No
    /// slower reading could be measured.
    public static func limitHeaps() {
        // Refused only by a library that does not know the word; then it stays as it is.
        mallopt(M_ARENA_MAX, 1)
    }
}
