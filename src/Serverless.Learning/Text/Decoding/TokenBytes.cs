using System.Text;

namespace Serverless.Learning.Text.Decoding;

/// <summary>
/// What each token contributes to the decoded text, as UTF-8. The decoders of tokenizer.json (<c>ByteLevel</c>; <c>Replace</c>, <c>ByteFallback</c>,
/// <c>Fuse</c>, <c>Strip</c>; <c>Metaspace</c>) all come to this: bytes are joined, leading spaces taken off, and what is not
/// UTF-8 becomes U+FFFD, character by character.
/// </summary>
/// <param name="Bytes">Indexed by id; null where no token has the id.</param>
/// <param name="StrippedSpaces">How many leading spaces of a whole decoded text are not part of it.</param>
internal sealed record TokenBytes(byte[]?[] Bytes, int StrippedSpaces)
{
    internal const byte Space = (byte)' ';

    internal static UTF8Encoding Encoding { get; } = new(encoderShouldEmitUTF8Identifier: false);
}
