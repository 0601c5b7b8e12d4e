using System.Collections.Immutable;
using Serverless.Service.Evals;

namespace Serverless.Service.Pipeline.Evals;

/// <summary>Adds a block of items to the counts of its run.</summary>
internal static class EvalCounts
{
    public static EvalRunRecord With(EvalRunRecord run, IReadOnlyList<EvalItemRecord> block, IReadOnlyList<EvalModelUsage> usage) => run with
    {
        Done = run.Done + block.Count,
        Passed = run.Passed + block.Count(item => item.Status == EvalItemStatus.Pass),
        Failed = run.Failed + block.Count(item => item.Status == EvalItemStatus.Fail),
        Errored = run.Errored + block.Count(item => item.Status == EvalItemStatus.Error),
        Criteria = [.. run.Criteria.Select(criterion => With(criterion, [.. block.SelectMany(item => item.Results).Where(result => result.Name == criterion.Name)]))],
        Usage = [.. run.Usage.Concat(usage).GroupBy(one => one.Model).Select(Sum)],
    };

    private static EvalCriterionCounts With(EvalCriterionCounts criterion, ImmutableArray<EvalItemResult> results) => criterion with
    {
        Passed = criterion.Passed + results.Count(result => result.Passed),
        Failed = criterion.Failed + results.Count(result => !result.Passed),
        ScoreSum = criterion.ScoreSum + results.Sum(result => result.Score),
    };

    private static EvalModelUsage Sum(IGrouping<string, EvalModelUsage> uses) =>
        new(uses.Key, uses.Sum(one => one.Invocations), uses.Sum(one => one.PromptTokens), uses.Sum(one => one.CompletionTokens))
        {
            CachedTokens = uses.Sum(one => one.CachedTokens),
        };
}
