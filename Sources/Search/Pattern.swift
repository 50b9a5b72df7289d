import CPCRE2

/// A regular expression as Perl writes them (PCRE2), compiled to machine code where the processor allows it.
///
/// The case of letters does not matter unless the expression says `(?-i)`; `^` and `$` are at every line; classes such as `\w` know all
/// scripts. What is not UTF-8 in a text matches nothing.
final class Pattern: @unchecked Sendable {
    // Nothing changes the compiled code after `init`.
    private let code: OpaquePointer
    /// How much the engine may try at one text before it gives up: seconds for expressions that explode.
    private static let matchLimit: UInt32 = 1_000_000
    /// Memory for what the engine remembers at one text, where the 32 KB of a thread's own stack are not enough.
    private static let memoryLimit = 64 << 20

    init(_ text: String) throws(QueryError) {
        var error: Int32 = 0
        var offset = 0
        let options =
            PCRE2_UTF | PCRE2_UCP | UInt32(PCRE2_CASELESS) | UInt32(PCRE2_MULTILINE) | UInt32(PCRE2_NEVER_BACKSLASH_C)
            | UInt32(PCRE2_MATCH_INVALID_UTF)
        let utf8 = Array(text.utf8)
        guard let code = pcre2_compile_8(utf8, utf8.count, options, &error, &offset, nil) else {
            throw .badPattern(text, at: offset, Self.words(of: error))
        }
        self.code = code
        // Without machine code it is slower, not wrong.
        _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    }

    deinit { pcre2_code_free_8(code) }

    /// Matches texts, one after the other, on one thread.
    final class Matcher {
        private let pattern: Pattern
        private let data: OpaquePointer?
        private let context: OpaquePointer?
        /// Made for the first text that needs it.
        private var stack: OpaquePointer?

        init(_ pattern: Pattern) {
            self.pattern = pattern
            data = pcre2_match_data_create_8(1, nil)
            context = pcre2_match_context_create_8(nil)
            pcre2_set_match_limit_8(context, Pattern.matchLimit)
            pcre2_set_heap_limit_8(context, UInt32(Pattern.memoryLimit >> 10))
        }

        deinit {
            pcre2_match_data_free_8(data)
            pcre2_match_context_free_8(context)
            pcre2_jit_stack_free_8(stack)
        }

        /// Whether the expression is found in a text of UTF-8.
        func matches(_ text: [UInt8]) throws(QueryError) -> Bool {
            let result = match(text)
            if result == PCRE2_ERROR_NOMATCH { return false }
            // 0: more groups than are asked for.
            guard result >= 0 else { throw .patternFailed(Pattern.words(of: result)) }
            return true
        }

        /// Where the expression is first found in a text of UTF-8; nil when it is not, or was given up.
        func firstRange(in text: [UInt8]) -> Range<Int>? {
            guard match(text) >= 0, let found = pcre2_get_ovector_pointer_8(data), found[0] <= found[1],
                found[1] <= text.count
            else { return nil }
            return found[0]..<found[1]
        }

        private func match(_ text: [UInt8]) -> Int32 {
            let result = pcre2_match_8(pattern.code, text, text.count, 0, 0, data, context)
            guard result == PCRE2_ERROR_JIT_STACKLIMIT, stack == nil else { return result }
            stack = pcre2_jit_stack_create_8(32 << 10, Pattern.memoryLimit, nil)
            pcre2_jit_stack_assign_8(context, nil, stack.map { UnsafeMutableRawPointer($0) })
            return pcre2_match_8(pattern.code, text, text.count, 0, 0, data, context)
        }
    }

    private static func words(of error: Int32) -> String {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = pcre2_get_error_message_8(error, &buffer, buffer.count)
        return String(decoding: buffer.prefix(Int(max(count, 0))), as: UTF8.self)
    }
}

/// Why a search cannot be done.
public enum QueryError: Error, Equatable {
    /// The expression cannot be understood at a byte of it.
    case badPattern(String, at: Int, String)
    /// Matching was given up.
    case patternFailed(String)
}

extension QueryError: CustomStringConvertible {
    /// What is wrong, and what to do about it.
    public var description: String {
        switch self {
        case .badPattern(let text, let offset, let reason):
            "The regular expression '\(text)' cannot be understood at byte \(offset): \(reason)."
        case .patternFailed(let reason):
            "The regular expression could not be matched: \(reason). Try one with fewer repetitions within repetitions."
        }
    }
}
