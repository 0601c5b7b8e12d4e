namespace Serverless.Local.Tasks;

/// <summary>Writes problems as data sets, one JSON object per line.</summary>
public static class ArithmeticFile
{
    /// <summary>Chat examples: question and worked solution.</summary>
    public static void WriteSolutions(string path, IEnumerable<ArithmeticProblem> problems) => JsonLines.Write(path, problems.Select(problem => (object)new
    {
        messages = (object[])[JsonLines.Message("user", problem.Question), JsonLines.Message("assistant", problem.Solution)],
    }));

    /// <summary>Prompts with the bare result in <c>answer</c>, for a grader.</summary>
    public static void WritePrompts(string path, IEnumerable<ArithmeticProblem> problems) => JsonLines.Write(path, problems.Select(problem => (object)new
    {
        messages = (object[])[JsonLines.Message("user", problem.Question)],
        answer = problem.Answer,
    }));
}
