using Serverless.Learning.Training;

namespace Serverless.Learning.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Fact]
    public void A_cosine_warms_up_linearly_peaks_and_ends_near_zero()
    {
        var schedule = new LearningRateSchedule(1, WarmupSteps: 10, TotalSteps: 110);
        Assert.Equal(0.1, schedule.At(0), 12);
        Assert.Equal(1.0, schedule.At(9), 12);
        Assert.Equal(1.0, schedule.At(10), 12);
        Assert.Equal(0.5, schedule.At(60), 12);
        Assert.InRange(schedule.At(109), 0, 0.001);
    }

    [Fact]
    public void Warmup_stable_decay_holds_the_peak_until_the_last_share_of_steps()
    {
        var schedule = new LearningRateSchedule(2, WarmupSteps: 10, TotalSteps: 100, DecayFraction: 0.2);
        Assert.Equal(2.0, schedule.At(50), 12);
        Assert.Equal(2.0, schedule.At(80), 12);
        Assert.Equal(1.0, schedule.At(90), 12);
        Assert.Equal(0.1, schedule.At(99), 12);
    }
}
