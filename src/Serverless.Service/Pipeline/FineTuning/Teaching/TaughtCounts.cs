using System.Globalization;

namespace Serverless.Service.Pipeline.FineTuning.Teaching;

/// <summary>What became of all answers of a teacher, in numbers.</summary>
internal sealed class TaughtCounts
{
    private readonly int[] _fates = new int[Enum.GetValues<AnswerFate>().Length];

    public int Answers { get; private set; }

    public int Kept => _fates[(int)AnswerFate.Kept];

    public int Sequences { get; private set; }

    public long Tokens { get; private set; }

    public int LongestTokens { get; private set; }

    /// <summary>The first reason that a teacher or a grader gave.</summary>
    public string? FirstFault { get; private set; }

    public void Add(TaughtAnswer answer)
    {
        Answers++;
        _fates[(int)answer.Fate]++;
        FirstFault ??= answer.Fault;
        if (!answer.IsKept)
            return;
        Sequences += answer.Sequences;
        Tokens += answer.Tokens;
        LongestTokens = Math.Max(LongestTokens, answer.LongestTokens);
    }

    /// <summary>Such as <c>30 of 48 answers are learned from: 10 were not passed by the grader, 8 were cut off</c>.</summary>
    public override string ToString()
    {
        (AnswerFate Fate, string What)[] others =
        [
            (AnswerFate.Rejected, "not passed by the grader"),
            (AnswerFate.CutOff, "cut off at max_completion_tokens"),
            (AnswerFate.Repeated, "the same as another answer to their prompt"),
            (AnswerFate.TooLong, "longer than max_sequence_length"),
            (AnswerFate.Failed, "not given"),
        ];
        var told = others.Where(other => _fates[(int)other.Fate] > 0)
            .Select(other => string.Create(CultureInfo.InvariantCulture, $"{_fates[(int)other.Fate]} {other.What}"));
        var why = FirstFault is null ? "" : $" (the first fault: {FirstFault})";
        var text = string.Create(CultureInfo.InvariantCulture, $"{Kept} of {Answers} answers can be learned from");
        return _fates.Skip(1).All(count => count == 0) ? text + why : $"{text}; {string.Join(", ", told)}{why}";
    }
}
