using System.Text;
using Serverless.Learning.Text.PreTokenizers;

namespace Serverless.Learning.Text.Normalizers;

/// <summary>Puts a fixed text in the place of every match of a pattern.</summary>
/// <param name="place">The file and field of the step, for errors.</param>
internal sealed class ReplaceNormalizer(CodePointRegex pattern, string content, string place) : Normalizer
{
    internal override string Apply(string text, long most)
    {
        var state = new Replacement { Text = text, Content = content, Most = most, Place = place };
        pattern.ForEachMatch(text, ref state, static (ref Replacement replacement, int start, int length) => replacement.Take(start, length));
        return state.Finish();
    }

    private struct Replacement
    {
        internal required string Text;
        internal required string Content;
        internal required long Most;
        internal required string Place;
        private StringBuilder? _result;
        private int _end;

        internal void Take(int start, int length)
        {
            _result ??= new StringBuilder(Text.Length);
            _result.Append(Text, _end, start - _end).Append(Content);
            _end = start + length;
            if (_result.Length + Text.Length - _end > Most)
                throw TextGrowth.Error(Place);
        }

        internal readonly string Finish() => _result is null ? Text : _result.Append(Text, _end, Text.Length - _end).ToString();
    }
}
