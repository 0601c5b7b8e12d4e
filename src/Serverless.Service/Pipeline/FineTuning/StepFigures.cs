namespace Serverless.Service.Pipeline.FineTuning;

/// <summary>A method's own figures of a step, by name.</summary>
internal static class StepFigures
{
    private const string OfValidation = "valid_";

    /// <summary>Those of the step, then those of the validation after it.</summary>
    public static IReadOnlyDictionary<string, double> Of(TrainedStep taken)
    {
        if (taken.Validation is not { } validation)
            return taken.Metrics.Figures;
        var all = new Dictionary<string, double>(taken.Metrics.Figures);
        foreach (var (name, value) in validation.Figures)
            all[OfValidation + name] = value;
        return all;
    }
}
