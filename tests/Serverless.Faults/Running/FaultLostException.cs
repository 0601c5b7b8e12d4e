namespace Serverless.Faults.Running;

/// <summary>A promise that did not hold.</summary>
internal sealed class FaultLostException(IReadOnlyCollection<string> findings) : Exception(string.Join("\n", findings));
