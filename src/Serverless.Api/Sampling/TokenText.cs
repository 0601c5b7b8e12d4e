using System.Text;

namespace Serverless.Api.Sampling;

/// <summary>Tokens as text, also where their bytes are no whole characters.</summary>
internal static class TokenText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The characters, or the bytes as <c>\xe2\x80</c> where they are half of one.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) =>
        IsText(bytes) ? Strict.GetString(bytes) : string.Concat(bytes.ToArray().Select(value => $"\\x{value:x2}"));

    /// <summary>The same as completions write it: <c>bytes:\xe2\x80</c>.</summary>
    public static string Marked(ReadOnlySpan<byte> bytes) => IsText(bytes) ? Strict.GetString(bytes) : "bytes:" + Of(bytes);

    private static bool IsText(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes);
}
