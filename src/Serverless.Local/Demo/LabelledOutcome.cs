using Serverless.Service.Models;

namespace Serverless.Local.Demo;

/// <summary>What came of a run on a labelled task.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Base">The model that was trained.</param>
/// <param name="Tuned">The published model.</param>
/// <param name="BaseScores">The base on the test set.</param>
/// <param name="TunedScores">The published model on the test set.</param>
/// <param name="BaseByLikelihood">Whether the label of each test example is the likeliest of all to the base; null if not scored.</param>
/// <param name="Ngrams">Share that the n-gram classifier gets right.</param>
/// <param name="Training">From posting the job to its end.</param>
internal sealed record LabelledOutcome(
    string JobId, ModelId Base, ModelId Tuned, TestScores BaseScores, TestScores TunedScores, IReadOnlyList<bool>? BaseByLikelihood, double Ngrams,
    TimeSpan Training);
