using System.Collections.Immutable;
using System.Text.Json;
using Serverless.Service.Jobs;

namespace Serverless.Service.Evals;

/// <summary>What the catalog knows about a run: the request, and the counts of the items that are done.</summary>
public sealed record EvalRunRecord
{
    public required EvalRunId Id { get; init; }

    public required EvalId EvalId { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required EvalDataSource DataSource { get; init; }

    /// <summary>The evaluation's graders when the run was created.</summary>
    public required ImmutableArray<JsonElement> TestingCriteria { get; init; }

    public EvalRunStatus Status { get; init; }

    public JobError? Error { get; init; }

    /// <summary>Items that are done, in their order: where the run goes on.</summary>
    public int Done { get; init; }

    /// <summary>Items that passed every criterion.</summary>
    public int Passed { get; init; }

    /// <summary>Items that failed a criterion.</summary>
    public int Failed { get; init; }

    /// <summary>Items that could not be answered or graded.</summary>
    public int Errored { get; init; }

    /// <summary>Per criterion, in the order of the criteria.</summary>
    public required ImmutableArray<EvalCriterionCounts> Criteria { get; init; }

    /// <summary>Of a model's answers to a data set with right ones, what is measured besides; null otherwise, and until all are given.</summary>
    public EvalLikelihood? Likelihood { get; init; }

    public ImmutableArray<EvalModelUsage> Usage { get; init; } = [];

    /// <summary>The owner's own pairs.</summary>
    public ImmutableDictionary<string, string> Metadata { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Whether nothing happens to it any more.</summary>
    public bool IsFinal() => Status is EvalRunStatus.Completed or EvalRunStatus.Failed or EvalRunStatus.Canceled;
}
