using System.Collections.Immutable;

namespace Serverless.Local.Tasks;

/// <summary>The sample task's three sets of tickets, which share no sentence.</summary>
public sealed record TicketSets(
    ImmutableArray<LabelledText> Train, ImmutableArray<LabelledText> Validation, ImmutableArray<LabelledText> Test);
