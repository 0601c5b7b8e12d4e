using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Serverless.Learning.Data;

/// <summary>Checks of a line's bytes that JSON parsing leaves out or reports without a place.</summary>
internal static class Utf8Text
{
    /// <summary>The index of the first byte that is not UTF-8, or -1.</summary>
    public static int IndexOfInvalidByte(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return -1;
        for (var i = 0; i < bytes.Length;)
        {
            if (Rune.DecodeFromUtf8(bytes[i..], out _, out var length) != OperationStatus.Done)
                return i;
            i += length;
        }
        throw new InvalidOperationException("bytes that are not valid UTF-8 decode as such");
    }

    /// <summary>
    /// The index of the first escape in valid JSON, such as <c>\ud83d</c>, that is half of a surrogate pair, or -1. JSON's grammar allows it, Unicode does not.
    /// </summary>
    public static int IndexOfUnpairedSurrogate(ReadOnlySpan<byte> json)
    {
        for (var i = json.IndexOf((byte)'\\'); i >= 0 && i + 1 < json.Length; i = Next(json, i))
        {
            if (EscapedUnit(json, i) is not { } unit || !char.IsSurrogate(unit))
            {
                i += 2;
                continue;
            }
            if (!char.IsHighSurrogate(unit) || EscapedUnit(json, i + 6) is not { } low || !char.IsLowSurrogate(low))
                return i;
            i += 12;
        }
        return -1;

        static int Next(ReadOnlySpan<byte> json, int from)
        {
            if (from >= json.Length)
                return -1;
            var next = json[from..].IndexOf((byte)'\\');
            return next < 0 ? -1 : from + next;
        }
    }

    /// <summary>The number, from 1, of the character that contains the byte at an index of valid UTF-8.</summary>
    public static int CharacterNumber(ReadOnlySpan<byte> utf8, int index)
    {
        var number = 1;
        for (var i = 1; i <= index && i < utf8.Length; i++)
            if ((utf8[i] & 0xC0) != 0x80)
                number++;
        return index >= utf8.Length && utf8.Length > 0 ? number + 1 : number;
    }

    /// <summary>The character that begins at an index of valid UTF-8, in quotes, or the words for the line's end.</summary>
    public static string CharacterAt(ReadOnlySpan<byte> utf8, int index)
    {
        if (index >= utf8.Length)
            return "the end of the line";
        Rune.DecodeFromUtf8(utf8[index..], out var rune, out _);
        return Rune.IsControl(rune) ? $"U+{rune.Value:X4}" : $"\"{rune}\"";
    }

    private static char? EscapedUnit(ReadOnlySpan<byte> json, int index) =>
        index + 6 <= json.Length && json[index] == '\\' && json[index + 1] == 'u'
            && ushort.TryParse(json.Slice(index + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
