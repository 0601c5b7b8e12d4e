using System.Text;

namespace Serverless.Learning.Formats;

/// <summary>Strings by their UTF-8 bytes, as Rust and Python's byte strings order them (.NET's ordinal order is by UTF-16 units).</summary>
internal sealed class Utf8Order : IComparer<string>
{
    public static readonly Utf8Order Instance = new();

    public int Compare(string? x, string? y) =>
        Encoding.UTF8.GetBytes(x ?? "").AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(y ?? ""));
}
