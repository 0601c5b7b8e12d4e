using Serverless.Service.Pipeline;

namespace Serverless.Service.Tests.Pipeline;

/// <summary>The small values of the port and the settings.</summary>
public sealed class PortValueTests
{
    [Fact]
    public void Pauses_grow_by_the_factor_up_to_the_longest_and_end_with_the_last_attempt()
    {
        var schedule = new RetrySchedule(6, TimeSpan.FromSeconds(2), 3, TimeSpan.FromSeconds(20));
        Assert.Equal(
            [2, 6, 18, 20, 20, null],
            Enumerable.Range(1, 6).Select(attempt => schedule.PauseAfter(attempt)?.TotalSeconds));
    }

    [Fact]
    public void The_patient_schedule_outlasts_a_storage_that_is_away_for_five_minutes()
    {
        var schedule = RetrySchedule.Patient;
        var pauses = Enumerable.Range(1, schedule.Attempts - 1).Sum(attempt => schedule.PauseAfter(attempt)!.Value.TotalMinutes);
        Assert.InRange(pauses, 5, 10);
    }

    [Fact]
    public void A_schedule_out_of_range_is_refused()
    {
        var second = TimeSpan.FromSeconds(1);
        Assert.Throws<ArgumentOutOfRangeException>("attempts", () => new RetrySchedule(0, second, 1, second));
        Assert.Throws<ArgumentOutOfRangeException>("firstPause", () => new RetrySchedule(1, TimeSpan.Zero, 1, second));
        Assert.Throws<ArgumentOutOfRangeException>("growth", () => new RetrySchedule(1, second, 0.9, second));
        Assert.Throws<ArgumentOutOfRangeException>("longestPause", () => new RetrySchedule(1, second, 1, second / 2));
    }

    [Fact]
    public void All_settings_out_of_range_are_named_in_one_message()
    {
        var exception = Assert.Throws<ArgumentException>(new PipelineSettings
        {
            TrainingSlots = 0,
            KeepCheckpoints = 0,
            Organization = "a:b",
            WorkFolder = "work",
        }.Validate);
        Assert.Equal(
            "pipeline settings: TrainingSlots: found 0; allowed: 1 or more; KeepCheckpoints: found 0; allowed: 1 or more; "
            + "Organization: found a:b; allowed: 1 to 64 characters, no colon; WorkFolder: found work; allowed: an absolute path",
            exception.Message);
        new PipelineSettings().Validate();
    }
}
