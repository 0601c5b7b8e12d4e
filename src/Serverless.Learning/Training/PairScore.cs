namespace Serverless.Learning.Training;

/// <summary>What a model says about the two answers of a pair: log p(answer | prompt), summed over the answer's tokens, in nats.</summary>
public sealed record PairScore(double Chosen, double Rejected);
