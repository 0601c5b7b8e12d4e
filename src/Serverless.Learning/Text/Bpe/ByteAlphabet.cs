using System.Collections.Immutable;

namespace Serverless.Learning.Text.Bpe;

/// <summary>
/// GPT-2's reversible map from bytes to printable characters (<c>bytes_to_unicode</c>): printable Latin-1 bytes stand for themselves, the
/// other 68 take U+0100 and up in order. Byte-level vocabularies are written in it: a space is <c>Ġ</c> and a newline <c>Ċ</c>.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = CreateCharacters();
    private static readonly short[] Bytes = CreateBytes();

    /// <summary>The 256 bytes in the order of their characters, in which vocabularies list them.</summary>
    internal static ImmutableArray<byte> InCharacterOrder { get; } =
        [.. Enumerable.Range(0, 256).OrderBy(value => Characters[value]).Select(value => (byte)value)];

    internal static char CharacterOf(byte value) => Characters[value];

    /// <summary>The byte a character stands for, or -1 when it stands for none.</summary>
    internal static int ByteOf(char character) => character < Bytes.Length ? Bytes[character] : -1;

    private static bool IsPrintable(int value) => value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE and <= 0xFF;

    private static char[] CreateCharacters()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var value = 0; value < 256; value++)
            characters[value] = (char)(IsPrintable(value) ? value : next++);
        return characters;
    }

    private static short[] CreateBytes()
    {
        var bytes = new short[0x100 + 68];
        Array.Fill(bytes, (short)-1);
        for (var value = 0; value < 256; value++)
            bytes[Characters[value]] = (short)value;
        return bytes;
    }
}
