namespace Serverless.Learning.Text.Normalizers;

/// <summary>Text that UTF-8 can write: every lone surrogate becomes U+FFFD, as <see cref="System.Text.Encoding.UTF8"/> would have it.</summary>
internal static class WellFormedText
{
    /// <returns>The same instance when the text is well-formed.</returns>
    internal static string Of(string text)
    {
        if (FirstLoneSurrogate(text, 0) < 0)
            return text;
        var units = text.ToCharArray();
        for (var i = FirstLoneSurrogate(text, 0); i >= 0; i = FirstLoneSurrogate(text, i + 1))
            units[i] = '\uFFFD';
        return new string(units);
    }

    private static int FirstLoneSurrogate(string text, int start)
    {
        while (true)
        {
            var found = text.AsSpan(start).IndexOfAnyInRange('\uD800', '\uDFFF');
            if (found < 0)
                return -1;
            start += found;
            if (start + 1 == text.Length || !char.IsSurrogatePair(text[start], text[start + 1]))
                return start;
            start += 2;
        }
    }
}
